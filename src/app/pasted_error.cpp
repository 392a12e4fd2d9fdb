#include "app/pasted_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "app/json_details.h"
#include "base/trimmed.h"
#include "grpc/base64.h"
#include "grpc/error_details.h"
#include "grpc/error_reasons.h"
#include "grpc/status_wire.h"

namespace parlance::app {
namespace {

using Json = nlohmann::json;

// Shorter runs of letters are words; the smallest status with a detail takes more.
constexpr std::size_t kLeastBase64 = 24;
constexpr int kHighestCode = static_cast<int>(StatusCode::kUnauthenticated);

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c))) letters += static_cast<char>(std::toupper(c));
  }
  return letters;
}

// "NotFound", "NOT_FOUND", "5".
std::optional<StatusCode> code_of(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) {
    if (number < 0 || number > kHighestCode) return std::nullopt;
    return static_cast<StatusCode>(number);
  }
  const std::string letters = letters_of(text);
  for (int code = 0; code <= kHighestCode; ++code) {
    const auto named = static_cast<StatusCode>(code);
    if (letters_of(to_string(named)) == letters) return named;
  }
  return letters == "CANCELED" ? std::optional{StatusCode::kCancelled} : std::nullopt;
}

bool is_base64(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '/'; }

// Random letters rarely make a Protobuf message, and hardly one with a code and a detail.
std::optional<Status> status_of_base64(std::string text) {
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  const std::optional<std::string> bytes = grpc::base64_decode(text);
  if (!bytes) return std::nullopt;
  std::optional<Status> status = grpc::decode_rpc_status(*bytes);
  if (!status || status->ok() || (status->message().empty() && status->details().empty()))
    return std::nullopt;
  return status;
}

std::optional<Status> status_in_base64(std::string_view text) {
  std::string joined;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) joined += c;
  }
  if (auto status = status_of_base64(joined)) return status;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && is_base64(text[at])) ++at;
    if (at - begin >= kLeastBase64) {
      if (auto status = status_of_base64(std::string{text.substr(begin, at - begin)})) return status;
    }
    ++at;
  }
  return std::nullopt;
}

// Where the JSON object that begins at `begin` ends; 0 when it does not.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '{') {
      ++depth;
    } else if (!quoted && c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return 0;
}

std::vector<Json> objects_in(std::string_view text) {
  std::vector<Json> objects;
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
    const std::size_t end = end_of_object(text, at);
    Json object = end == 0 ? Json{} : Json::parse(text.substr(at, end - at), nullptr, false);
    if (object.is_object()) objects.push_back(std::move(object));
    at = end == 0 || objects.empty() ? at + 1 : end;
  }
  return objects;
}

std::optional<StatusCode> code_in(const Json& object) {
  const auto code = object.find("code");
  if (code == object.end()) return std::nullopt;
  return code_of(code->is_string() ? code->get<std::string>() : code->dump());
}

std::optional<Status> status_of_json(const Json& object) {
  const auto code = code_in(object);
  if (!code || *code == StatusCode::kOk) return std::nullopt;
  std::vector<StatusDetail> details;
  if (const auto list = object.find("details"); list != object.end() && list->is_array()) {
    for (const Json& element : *list) {
      if (auto detail = detail_of_json(element)) details.push_back(*std::move(detail));
    }
  }
  const auto message = object.find("message");
  const bool has_message = message != object.end() && message->is_string();
  return Status{*code, has_message ? message->get<std::string>() : "", std::move(details)};
}

// What `parlance call` prints below a status, a line for each key.
std::optional<StatusDetail> printed_explanation(const std::string& text) {
  static const std::regex kReason{R"((?:^|\n)\s+reason +(\S+)(?: \((\S+)\))?)"};
  static const std::regex kKey{
      R"((?:^|\n)\s+(hop|http2_code|limit|observed|knob|target|attempts) +([^\n]+))"};
  std::smatch found;
  if (!std::regex_search(text, found, kReason)) return std::nullopt;
  grpc::ErrorInfo info{.reason = found[1], .domain = found[2], .metadata = {}};
  for (std::sregex_iterator at{text.begin(), text.end(), kKey}, end; at != end; ++at) {
    info.metadata.emplace_back((*at)[1], (*at)[2]);
  }
  return grpc::to_detail(info);
}

// How programs print a code and its message.
std::optional<Status> status_of_text(const std::string& text) {
  static const std::array kForms{
      std::regex{R"(code = (\w+) desc = ([^\n]*))"},                            // grpc-go
      std::regex{R"(Code: (\w+)\s+Message: ([^\n]*))"},                         // grpcurl
      std::regex{R"~(status = StatusCode\.(\w+)\s+details = "([^\n]*)")~"},     // grpcio
      std::regex{R"((?:^|\s)([A-Z][A-Z_]+)(?: \(\d+\))?(?:: ([^\n]*)|\s*$))"},  // others
      std::regex{R"(^\s*(\w+)\s*$)"},
  };
  for (const std::regex& form : kForms) {
    std::smatch found;
    if (!std::regex_search(text, found, form)) continue;
    const auto code = code_of(found[1].str());
    if (!code) continue;
    return Status{*code, found.size() > 2 ? found[2].str() : std::string{}};
  }
  return std::nullopt;
}

// One of our reasons, alone or as the server's log has it.
std::optional<Status> status_of_reason(const std::string& text) {
  static const std::regex kReason{R"~((?:^|reason(?:=|": *"))([A-Z][A-Z0-9_]+))~"};
  for (std::sregex_iterator found{text.begin(), text.end(), kReason}; found != std::sregex_iterator{};
       ++found) {
    const std::string reason = (*found)[1];
    const grpc::ErrorReason* entry = grpc::find_error_reason(reason);
    if (entry == nullptr) continue;
    const grpc::ErrorInfo info{.reason = reason, .domain = std::string{grpc::kErrorDomain}, .metadata = {}};
    return Status{entry->code.value_or(StatusCode::kUnknown), ""}.with_detail(grpc::to_detail(info));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Status> find_error(std::string_view pasted) {
  const std::string_view text = trimmed(pasted, " \t\r\n");
  if (text.empty()) return std::nullopt;
  if (auto status = status_in_base64(text)) return status;
  const std::vector<Json> objects = objects_in(text);
  for (const Json& object : objects) {
    if (auto status = status_of_json(object)) return status;
  }
  std::optional<Status> status = status_of_text(std::string{text});
  if (!status) return status_of_reason(std::string{text});
  if (status->ok()) return status;
  for (const Json& object : objects) {
    if (auto detail = detail_of_json(object)) status = status->with_detail(*std::move(detail));
  }
  if (auto detail = printed_explanation(std::string{text})) status = status->with_detail(*std::move(detail));
  return status;
}

}  // namespace parlance::app
