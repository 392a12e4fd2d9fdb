#include "grpc/content_type.h"

#include <algorithm>

namespace parlance::grpc {
namespace {

constexpr int kOk = 200;
constexpr int kMethodNotAllowed = 405;
constexpr int kUnsupportedMediaType = 415;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_text(std::string_view a, std::string_view lower_case) {
  return std::ranges::equal(a, lower_case, {}, lower);
}

std::string_view without_parameters(std::string_view value) {
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  return value;
}

}  // namespace

ContentType parse_content_type(std::string_view value) {
  if (value == kContentType) return ContentType::kProto;
  value = without_parameters(value);
  if (!same_text(value.substr(0, kContentType.size()), kContentType)) return ContentType::kNotGrpc;
  const std::string_view codec = value.substr(kContentType.size());
  if (codec.empty() || same_text(codec, "+proto")) return ContentType::kProto;
  if (same_text(codec, "+json")) return ContentType::kJson;
  return codec.size() > 1 && codec.front() == '+' ? ContentType::kOther : ContentType::kNotGrpc;
}

int http_status_for_request(http2::HeaderFields request) {
  ContentType content_type = ContentType::kNotGrpc;
  for (const http2::HeaderField& field : request) {
    if (field.token == http2::HeaderToken::kMethod && field.value != "POST") return kMethodNotAllowed;
    if (field.token == http2::HeaderToken::kContentType) content_type = parse_content_type(field.value);
  }
  return content_type == ContentType::kNotGrpc ? kUnsupportedMediaType : kOk;
}

}  // namespace parlance::grpc
