#include "rpc/client_method.h"

#include "grpc/compression.h"
#include "grpc/content_type.h"
#include "rpc/channel_core.h"

namespace parlance::detail {
namespace {

using enum http2::HeaderToken;

std::array<http2::HeaderField, 8> fields_of(const ChannelConfig& config, std::string_view path) {
  return {{
      {":method", "POST", kMethod},
      {":scheme", config.tls == nullptr ? "http" : "https", kScheme},
      {":path", path, kPath},
      {":authority", config.authority, kAuthority},
      {"te", "trailers", kTe},
      {"content-type", grpc::kContentType, kContentType},
      {"grpc-accept-encoding", grpc::kAcceptEncoding, kGrpcAcceptEncoding},
      {"user-agent", config.user_agent, kUserAgent},
  }};
}

}  // namespace

ClientMethod::ClientMethod(const ChannelConfig& config, std::string_view path, std::size_t index)
    : path_(path), index_(index), fields_(fields_of(config, path_)), head_(fields_) {}

const ClientMethod* ClientMethods::find(const ChannelConfig& config, std::string_view path) {
  const std::lock_guard lock{mutex_};
  if (const auto known = methods_.find(path); known != methods_.end()) return known->second.get();
  if (methods_.size() == kMostKept) return nullptr;
  auto method = std::make_unique<const ClientMethod>(config, path, methods_.size());
  const std::string_view own_path = method->path();
  return methods_.emplace(own_path, std::move(method)).first->second.get();
}

}  // namespace parlance::detail
