#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/schema.h"
#include "base/deadline.h"
#include "grpc/message_reader.h"
#include "grpc/metadata.h"
#include "rpc/channel.h"

namespace parlance::app {

/// What every command that makes calls can be told: of whom, of what, with what.
struct CallTarget {
  std::string target;
  std::string method;
  std::string data;                 // JSON, "@FILE", "@-"
  std::vector<std::string> protos;  // none: by reflection
  std::vector<std::string> import_dirs;
  std::vector<std::string> headers;  // "name: value"
  bool use_tls = false;              // so do any of these
  TlsClientOptions tls;
  Duration timeout = Duration::zero();  // zero: none
  std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes;
};

ChannelOptions channel_options(const CallTarget& target);

/// The headers as metadata; the value of a name that ends in -bin is base64. The error names the header.
std::expected<grpc::Metadata, std::string> metadata_of(const CallTarget& target);

/// The types: from the .proto files if there are any, else from the server. `metadata` must outlive it.
Result<std::unique_ptr<Schema>> schema_for(const CallTarget& target, const Channel& channel,
                                           const grpc::Metadata& metadata, Deadline deadline);

/// "/package.Service/Method".
std::string path_of(const google::protobuf::MethodDescriptor& method);

}  // namespace parlance::app
