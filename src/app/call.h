#pragma once

#include <string>
#include <vector>

#include "app/json_messages.h"
#include "base/deadline.h"
#include "grpc/message_reader.h"
#include "rpc/channel.h"

namespace parlance::app {

/// What `parlance call` can be told.
struct CallRequest {
  std::string target;
  std::string method;  // empty with list or describe
  std::string data;    // JSON, "@FILE", "@-"; empty: {} or, for a streaming method, no request at all
  std::vector<std::string> protos;  // none: by reflection
  std::vector<std::string> import_dirs;
  std::vector<std::string> headers;  // "name: value"
  bool use_tls = false;              // so do any of these
  TlsClientOptions tls;
  Duration timeout = Duration::zero();  // zero: none
  std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes;
  bool list = false;     // the services, or with `method` naming a service its methods
  std::string describe;  // a symbol
  bool verbose = false;
  JsonStyle style;
};

/// `parlance call`: responses to stdout, everything else to stderr. Returns the exit code: the gRPC status
/// code of the call, or one of exit_codes.h.
int call(const CallRequest& request);

}  // namespace parlance::app
