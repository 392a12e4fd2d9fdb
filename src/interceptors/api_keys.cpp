#include "interceptors/api_keys.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "base/trimmed.h"

namespace parlance::interceptors {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return trimmed(line, kBlanks);
}

}  // namespace

ApiKeys::Digest ApiKeys::digest_of(std::string_view token) {
  Digest digest;
  static_assert(SHA256_DIGEST_LENGTH == std::tuple_size_v<Digest>);
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::expected<ApiKeys, std::string> ApiKeys::parse(std::string_view text) {
  ApiKeys keys;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.empty() || line.starts_with('#')) continue;
    const auto wrong = [number](std::string what) {
      return std::unexpected("line " + std::to_string(number) + ": " + std::move(what));
    };
    const std::size_t blank = line.find_first_of(kBlanks);
    if (blank == std::string_view::npos) return wrong("expected a name, a blank and a token");
    const std::string_view token = trimmed(line.substr(blank), kBlanks);
    if (token.find_first_of(kBlanks) != std::string_view::npos) return wrong("a token has no blanks");
    if (token.size() < kShortestToken) {
      return wrong("the token has fewer than " + std::to_string(kShortestToken) + " characters");
    }
    keys.keys_.push_back({std::string{line.substr(0, blank)}, digest_of(token)});
  }
  return keys;
}

std::optional<std::string> ApiKeys::find(std::string_view token) const {
  const Digest digest = digest_of(token);
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (CRYPTO_memcmp(key.digest.data(), digest.data(), digest.size()) == 0) found = &key;
  }
  if (found == nullptr) return std::nullopt;
  return found->name;
}

}  // namespace parlance::interceptors
