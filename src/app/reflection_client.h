#pragma once

#include <string>
#include <vector>

#include "base/deadline.h"
#include "grpc/metadata.h"
#include "grpc/reflection/v1/reflection.parlance.h"
#include "rpc/channel.h"

namespace parlance::app {

/// Asks a server about its services: reflection v1, or v1alpha where the server has no v1. One thread at a
/// time, which blocks.
class ReflectionClient {
 public:
  using Request = ::grpc::reflection::v1::ServerReflectionRequest;
  using Response = ::grpc::reflection::v1::ServerReflectionResponse;

  /// `metadata` goes with the call and must outlive this; nothing is answered after `deadline`.
  ReflectionClient(Channel channel, const Metadata& metadata, Deadline deadline);

  /// The answer, which is no error_response: that becomes the status it stands for. UNIMPLEMENTED when the
  /// server has no reflection.
  Result<Response> ask(const Request& request);

  Result<std::vector<std::string>> list_services();

 private:
  // The packages differ in name only.
  using Call = ClientReaderWriter<Request, Response>;

  Call open() const;
  Result<Response> exchange(const Request& request);

  Channel channel_;
  const Metadata& metadata_;
  Deadline deadline_;
  bool use_v1alpha_ = false;
  Call call_;
};

}  // namespace parlance::app
