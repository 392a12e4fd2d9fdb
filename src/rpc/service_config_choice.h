#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace parlance {

/// Who asks for a service config, as choices of one are made by it (gRPC A2).
struct ServiceConfigClient {
  std::string_view language = "c++";
  /// As the system calls this host; compared exactly.
  std::string_view hostname;
  /// From 0 to 99, drawn once for the client: a choice of percentage p is for those below p.
  unsigned percentage_roll = 0;
};

/// The service config (JSON, for ServiceConfig::parse) of the first choice that fits the client, from the
/// value of the TXT record's `grpc_config` attribute:
/// `[{"clientLanguage": ["c++"], "percentage": 10, "clientHostname": ["a"], "serviceConfig": {…}}]`.
/// Nothing when no choice fits. The error tells what is wrong with the list; then none of it may be used.
std::expected<std::optional<std::string>, std::string> choose_from_txt(std::string_view json,
                                                                       const ServiceConfigClient& client);

}  // namespace parlance
