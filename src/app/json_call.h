#pragma once

#include <google/protobuf/descriptor.h>

#include "app/input.h"
#include "app/json_messages.h"
#include "base/deadline.h"
#include "grpc/metadata.h"
#include "rpc/channel.h"

namespace parlance::app {

struct JsonCallOptions {
  Deadline deadline;
  const grpc::Metadata* metadata = nullptr;
  JsonStyle style;
  bool verbose = false;
};

/// Calls `method` with the documents of `input` as its requests, each sent as soon as it is read, and prints
/// each response as soon as it comes. Returns the exit code.
int json_call(const Channel& channel, const google::protobuf::MethodDescriptor& method,
              const JsonMessages& messages, Input& input, const JsonCallOptions& options);

}  // namespace parlance::app
