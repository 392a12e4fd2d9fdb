#include "interceptors/torchserve_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "base/assert.h"
#include "interceptors/json.h"

namespace parlance::interceptors {
namespace {

using Time = TorchServeKeys::Time;

/// TorchServe's keys have 6 bytes, which is little for what opens a server.
constexpr std::size_t kKeyBytes = 24;

/// What java.time.Instant writes: "2025-03-14T09:26:53Z", with 3, 6 or 9 digits of the second or without.
std::optional<Time> parse_instant(std::string_view text) {
  constexpr std::string_view kSeconds = "2025-03-14T09:26:53";
  if (text.size() <= kSeconds.size() || !text.ends_with('Z')) return std::nullopt;
  std::tm parts{};
  const std::string whole{text.substr(0, kSeconds.size())};
  const char* end = strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  std::string_view rest = text.substr(kSeconds.size());
  rest.remove_suffix(1);
  if (!rest.empty() &&
      (!rest.starts_with('.') || rest.find_first_not_of("0123456789", 1) != std::string_view::npos))
    return std::nullopt;
  return Time{std::chrono::seconds{timegm(&parts)}};
}

std::string to_instant(Time time) {
  const auto since = time.time_since_epoch().count();
  const std::time_t second = since / 1000;
  std::tm parts{};
  gmtime_r(&second, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(since % 1000));
  return text.data();
}

// base64url, of which three bytes make four characters. A letter comes first: a command line takes what
// begins with '-' for an option.
std::string random_text() {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t kLetters = 52;
  std::array<unsigned char, kKeyBytes / 3 * 4> bytes;
  require(RAND_bytes(bytes.data(), bytes.size()) == 1, "TorchServeKeys: no random bytes");
  std::string text;
  for (const unsigned char byte : bytes) text += kDigits[byte % (text.empty() ? kLetters : kDigits.size())];
  return text;
}

std::string quoted(std::string_view name, std::string_view value) {
  return "    \"" + std::string{name} + "\": \"" + std::string{value} + "\"";
}

}  // namespace

std::expected<TorchServeKeys, std::string> TorchServeKeys::parse(std::string_view json) {
  const Json file = parse_json(json);
  if (!json_is_object(file.get())) return std::unexpected("not a JSON object");
  TorchServeKeys keys;
  const std::pair<const char*, Key*> parts[] = {
      {"management", &keys.management_}, {"inference", &keys.inference_}, {"API", &keys.api_}};
  for (const auto& [name, key] : parts) {
    const json_t* part = json_object_get(file.get(), name);
    key->text = json_text(json_object_get(part, "key"));
    if (key->text.empty()) return std::unexpected(std::string{name} + " has no key");
    const json_t* expires = json_object_get(part, "expiration time");
    if (expires == nullptr) continue;
    const auto time = parse_instant(json_text(expires));
    if (!time) return std::unexpected(std::string{name} + " has an expiration time that is none");
    key->expires = *time;
  }
  return keys;
}

TorchServeKeys TorchServeKeys::generate(Time now, std::chrono::seconds lifetime) {
  TorchServeKeys keys;
  keys.management_ = {random_text(), now + lifetime};
  keys.inference_ = {random_text(), now + lifetime};
  keys.api_.text = random_text();
  return keys;
}

std::string TorchServeKeys::to_json() const {
  const auto with_time = [](std::string_view name, const Key& key) {
    return "  \"" + std::string{name} + "\": {\n" + quoted("key", key.text) + ",\n" +
           quoted("expiration time", to_instant(key.expires)) + "\n  },\n";
  };
  return "{\n" + with_time("management", management_) + with_time("inference", inference_) +
         "  \"API\": {\n" + quoted("key", api_.text) + "\n  }\n}";
}

bool TorchServeKeys::allows(Use use, std::string_view token, Time now) const {
  const Key& key = use == Use::kInference ? inference_ : management_;
  const bool same =
      token.size() == key.text.size() && CRYPTO_memcmp(token.data(), key.text.data(), token.size()) == 0;
  return same && now < key.expires;
}

}  // namespace parlance::interceptors
