#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace parlance::interceptors {

/// TorchServe's key_file.json: a key for each of its APIs, of which two expire. A value.
///
///     {"management": {"key": "…", "expiration time": "2025-03-14T09:26:53.589Z"},
///      "inference": {"key": "…", "expiration time": "…"},
///      "API": {"key": "…"}}
class TorchServeKeys {
 public:
  /// In milliseconds, so that no year a file may name is out of range.
  using Time = std::chrono::sys_time<std::chrono::milliseconds>;
  enum class Use : std::uint8_t { kInference, kManagement };

  /// The error says which part is missing or cannot be read, never what stands in it. Without "expiration
  /// time" a key does not expire.
  static std::expected<TorchServeKeys, std::string> parse(std::string_view json);

  /// Fresh keys that hold for `lifetime`, as TorchServe makes them when it starts.
  static TorchServeKeys generate(Time now, std::chrono::seconds lifetime);

  /// As TorchServe lays it out.
  std::string to_json() const;

  /// Takes the same time wherever the token differs.
  bool allows(Use use, std::string_view token, Time now) const;

 private:
  struct Key {
    std::string text;
    Time expires = Time::max();
  };

  Key management_;
  Key inference_;
  Key api_;
};

}  // namespace parlance::interceptors
