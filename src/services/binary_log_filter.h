#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace parlance::services {

/// How much of a call is logged.
struct BinaryLogLimits {
  static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

  /// Bytes of names and values of each list of metadata.
  std::uint64_t header_bytes = kAll;
  /// Bytes of each message.
  std::uint64_t message_bytes = kAll;
  bool operator==(const BinaryLogLimits&) const = default;
};

/// Which calls are logged, in the syntax of GRPC_BINARY_LOG_FILTER (gRPC A16): rules with commas between
/// them,
///
///   `*`                 every call;
///   `pkg.Service/*`     those of a service;
///   `pkg.Service/Get`   those of a method;
///   `-pkg.Service/Get`  not those of that method,
///
/// of which the most special one counts, whatever their order. A rule (but one with `-`) may end in limits:
/// `{h}` headers only, `{m}` messages only, `{h:256}`, `{m:1024}`, `{h;m}`, `{h:256;m:1024}`; in bytes, and
/// without a number all of it. A rule without limits logs everything.
class BinaryLogFilter {
 public:
  /// The error says which rule is wrong and why. An empty text logs nothing.
  static std::expected<BinaryLogFilter, std::string> parse(std::string_view text);

  /// For "/pkg.Service/Method"; nothing: not logged.
  std::optional<BinaryLogLimits> limits_of(std::string_view path) const;

 private:
  std::expected<void, std::string> add(std::string_view rule);

  std::optional<BinaryLogLimits> all_;
  std::map<std::string, BinaryLogLimits, std::less<>> services_;  // "pkg.Service"
  std::map<std::string, BinaryLogLimits, std::less<>> methods_;   // "pkg.Service/Method"
  std::set<std::string, std::less<>> excluded_;                   // the same
};

}  // namespace parlance::services
