#include "app/call_target.h"

#include <fmt/format.h>

#include <string_view>

#include "base/trimmed.h"
#include "grpc/base64.h"

namespace parlance::app {
namespace {

// "name: value"
std::expected<void, std::string> add_header(std::string_view text, grpc::Metadata& metadata) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return std::unexpected{fmt::format("-H '{}': expected 'name: value'", text)};
  }
  const std::string_view name = trimmed(text.substr(0, colon));
  std::string value{trimmed(text.substr(colon + 1))};
  if (grpc::is_binary_name(name)) {
    const auto bytes = grpc::base64_decode(value);
    if (!bytes) return std::unexpected{fmt::format("-H '{}': the value of a -bin name must be base64", text)};
    value = *bytes;
  }
  if (const auto added = metadata.add(name, value); !added) {
    return std::unexpected{fmt::format("-H '{}': {}", text, added.error().message())};
  }
  return {};
}

}  // namespace

ChannelOptions channel_options(const CallTarget& target) {
  const TlsClientOptions& tls = target.tls;
  const bool wanted =
      target.use_tls || !tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.server_name.empty();
  return {.tls = wanted ? std::optional{tls} : std::nullopt,
          .max_receive_message_bytes = target.max_receive_message_bytes};
}

std::expected<grpc::Metadata, std::string> metadata_of(const CallTarget& target) {
  grpc::Metadata metadata;
  for (const std::string& header : target.headers) {
    if (const auto added = add_header(header, metadata); !added) return std::unexpected{added.error()};
  }
  return metadata;
}

Result<std::unique_ptr<Schema>> schema_for(const CallTarget& target, const Channel& channel,
                                           const grpc::Metadata& metadata, Deadline deadline) {
  if (!target.protos.empty()) return schema_of_files(target.protos, target.import_dirs);
  return schema_by_reflection(ReflectionClient{channel, metadata, deadline});
}

std::string path_of(const google::protobuf::MethodDescriptor& method) {
  return fmt::format("/{}/{}", method.service()->full_name(), method.name());
}

}  // namespace parlance::app
