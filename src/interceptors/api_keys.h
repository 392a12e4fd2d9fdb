#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::interceptors {

/// Static Bearer tokens and the names they stand for. Holds digests, not the tokens.
class ApiKeys {
 public:
  /// Lines of a name, blanks and a token; empty lines and those that begin with '#' count for nothing:
  ///
  ///     # who      token
  ///     ci         6f1c0f0e-…
  ///
  /// The error names the line, never what stands in it.
  static std::expected<ApiKeys, std::string> parse(std::string_view text);

  /// The name that `token` stands for. Takes the same time whichever it is, if any: compares SHA-256 digests
  /// with all of them, without stopping.
  std::optional<std::string> find(std::string_view token) const;

  std::size_t size() const { return keys_.size(); }

  /// A shorter token could be guessed; no person types these.
  static constexpr std::size_t kShortestToken = 16;

 private:
  using Digest = std::array<unsigned char, 32>;
  static Digest digest_of(std::string_view token);

  struct Key {
    std::string name;
    Digest digest;
  };
  std::vector<Key> keys_;
};

}  // namespace parlance::interceptors
