#include "grpc/status_wire.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/concat.h"
#include "grpc/base64.h"
#include "grpc/error_details.h"
#include "grpc/percent.h"
#include "grpc/proto_wire.h"

namespace parlance::grpc {
namespace {

using http2::ErrorCode;
using http2::HeaderField;
using http2::HeaderToken;

constexpr std::array<std::string_view, 17> kCodeTexts{"0", "1",  "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                      "9", "10", "11", "12", "13", "14", "15", "16"};
constexpr std::string_view kEllipsis = "\u2026";
constexpr std::size_t kEllipsisEncodedBytes = 9;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The longest beginning of `text` that takes at most `most_bytes` encoded and cuts no UTF-8 character.
std::string_view fitting_prefix(std::string_view text, std::size_t most_bytes) {
  std::size_t end = 0;
  std::size_t encoded_bytes = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_continuation(text[at])) end = at;
    encoded_bytes += percent_encoded_size(text.substr(at, 1));
    if (encoded_bytes > most_bytes) return text.substr(0, end);
  }
  return text;
}

void append_message(std::string_view message, HeaderList& fields) {
  if (message.empty()) return;
  std::string shortened;
  if (percent_encoded_size(message) > kMaxStatusMessageBytes) {
    shortened = fitting_prefix(message, kMaxStatusMessageBytes - kEllipsisEncodedBytes);
    message = shortened.append(kEllipsis);
  }
  const std::span<char> text = fields.allocate(percent_encoded_size(message));
  percent_encode_to(message, text.data());
  fields.add("grpc-message", {text.data(), text.size()}, HeaderToken::kGrpcMessage);
}

void append_details(const Status& status, HeaderList& fields) {
  if (status.details().empty()) return;
  const std::string bytes = encode_rpc_status(status);
  const std::size_t size = base64_encoded_size(bytes.size());
  if (size > kMaxStatusDetailsBytes) return;
  const std::span<char> text = fields.allocate(size);
  base64_encode_to(bytes, text.data());
  fields.add("grpc-status-details-bin", {text.data(), text.size()}, HeaderToken::kGrpcStatusDetailsBin);
}

std::optional<std::string_view> find(http2::HeaderFields fields, HeaderToken token) {
  const auto found = std::ranges::find(fields, token, &HeaderField::token);
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

// Of no more than three digits: neither status codes nor HTTP statuses have more.
std::optional<std::uint32_t> parse_number(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  std::uint32_t number = 0;
  for (char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return number;
}

std::optional<StatusCode> named_code(std::uint64_t number) {
  if (number >= kCodeTexts.size()) return std::nullopt;
  return static_cast<StatusCode>(number);
}

Status bad_grpc_status(std::string_view text, std::string_view message) {
  return make_error(
      StatusCode::kUnknown, "INVALID_GRPC_STATUS",
      concat("grpc-status \"", text, "\" is no status code", message.empty() ? "" : ": ", message),
      {{"hop", "client"}, {"observed", std::string{text}}});
}

Status missing_grpc_status(int http_status) {
  if (http_status != 200) return status_from_http_status(http_status);
  return make_error(StatusCode::kUnknown, "MISSING_GRPC_STATUS",
                    "the server ended the call without a grpc-status", {{"hop", "client"}});
}

std::optional<Status> read_details(http2::HeaderFields fields) {
  const auto text = find(fields, HeaderToken::kGrpcStatusDetailsBin);
  if (!text) return std::nullopt;
  const std::optional<std::string> bytes = base64_decode(*text);
  if (!bytes) return std::nullopt;
  return decode_rpc_status(*bytes);
}

bool decode_any(std::string_view bytes, StatusDetail& detail) {
  ProtoReader reader{bytes};
  while (const auto field = reader.next()) {
    if (field->is_bytes(1)) detail.type_url = field->bytes;
    if (field->is_bytes(2)) detail.value = field->bytes;
  }
  return !reader.failed();
}

// Codes that ask for something else of the caller have a reason of their own.
std::string_view reset_reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::kRefusedStream:
      return "STREAM_REFUSED";
    case ErrorCode::kCancel:
      return "STREAM_CANCELLED";
    case ErrorCode::kEnhanceYourCalm:
      return "EXCESSIVE_LOAD";
    case ErrorCode::kInadequateSecurity:
      return "INADEQUATE_SECURITY";
    default:
      return "STREAM_RESET";
  }
}

}  // namespace

void append_status(const Status& status, HeaderList& fields) {
  const auto index = static_cast<std::size_t>(status.code());
  const std::string_view code = index < kCodeTexts.size() ? kCodeTexts[index] : kCodeTexts[2];
  fields.add("grpc-status", code, HeaderToken::kGrpcStatus);
  append_message(status.message(), fields);
  append_details(status, fields);
}

bool has_grpc_status(http2::HeaderFields fields) {
  return find(fields, HeaderToken::kGrpcStatus).has_value();
}

std::optional<int> http_status(http2::HeaderFields fields) {
  const auto text = find(fields, HeaderToken::kStatus);
  if (!text || text->size() != 3) return std::nullopt;
  const std::optional<std::uint32_t> number = parse_number(*text);
  if (!number || *number < 100) return std::nullopt;
  return static_cast<int>(*number);
}

Status status_from_trailers(http2::HeaderFields fields, int status_before) {
  const auto text = find(fields, HeaderToken::kGrpcStatus);
  if (!text) return missing_grpc_status(http_status(fields).value_or(status_before));
  const std::optional<std::uint32_t> number = parse_number(*text);
  const std::optional<StatusCode> code = number ? named_code(*number) : std::nullopt;
  if (code == StatusCode::kOk) return {};

  std::string message = percent_decode(find(fields, HeaderToken::kGrpcMessage).value_or(""));
  if (!code) return bad_grpc_status(*text, message);
  const std::optional<Status> rich = read_details(fields);
  if (!rich || rich->code() != *code) return {*code, std::move(message)};
  if (message.empty()) message = rich->message();
  return {*code, std::move(message), {rich->details().begin(), rich->details().end()}};
}

StatusCode code_from_http_status(int http_status) {
  switch (http_status) {
    case 400:
      return StatusCode::kInternal;
    case 401:
      return StatusCode::kUnauthenticated;
    case 403:
      return StatusCode::kPermissionDenied;
    case 404:
      return StatusCode::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return StatusCode::kUnavailable;
    default:
      return StatusCode::kUnknown;
  }
}

Status status_from_http_status(int http_status) {
  return make_error(code_from_http_status(http_status), "HTTP_STATUS",
                    concat("the server or a proxy answered HTTP status ", http_status, " instead of gRPC"),
                    {{"hop", "client"}, {"observed", std::to_string(http_status)}});
}

StatusCode code_from_http2(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoError:
    case ErrorCode::kProtocolError:
    case ErrorCode::kInternalError:
    case ErrorCode::kFlowControlError:
    case ErrorCode::kSettingsTimeout:
    case ErrorCode::kFrameSizeError:
    case ErrorCode::kCompressionError:
    case ErrorCode::kConnectError:
      return StatusCode::kInternal;
    case ErrorCode::kRefusedStream:
      return StatusCode::kUnavailable;
    case ErrorCode::kCancel:
      return StatusCode::kCancelled;
    case ErrorCode::kEnhanceYourCalm:
      return StatusCode::kResourceExhausted;
    case ErrorCode::kInadequateSecurity:
      return StatusCode::kPermissionDenied;
    case ErrorCode::kStreamClosed:
    case ErrorCode::kHttp11Required:
      break;
  }
  return StatusCode::kUnknown;
}

Status status_from_http2(ErrorCode code, std::string_view reason) {
  std::string message = concat("stream ended with ", http2::to_string(code));
  if (!reason.empty()) message.append(": ").append(reason);
  return make_error(code_from_http2(code), reset_reason(code), std::move(message),
                    {{"hop", "client"}, {"http2_code", std::string{http2::to_string(code)}}});
}

std::string encode_rpc_status(const Status& status) {
  ProtoWriter message;
  message.varint(1, static_cast<std::uint64_t>(status.code()));
  message.bytes(2, status.message());
  for (const StatusDetail& detail : status.details()) {
    ProtoWriter any;
    any.bytes(1, detail.type_url);
    any.bytes(2, detail.value);
    message.element(3, any.text());
  }
  return message.take();
}

std::optional<Status> decode_rpc_status(std::string_view bytes) {
  ProtoReader reader{bytes};
  std::uint64_t code = 0;
  std::string message;
  std::vector<StatusDetail> details;
  while (const auto field = reader.next()) {
    if (field->is_varint(1)) code = field->integer;
    if (field->is_bytes(2)) message = field->bytes;
    if (field->is_bytes(3) && !decode_any(field->bytes, details.emplace_back())) return std::nullopt;
  }
  if (reader.failed()) return std::nullopt;
  return Status{named_code(code).value_or(StatusCode::kUnknown), std::move(message), std::move(details)};
}

}  // namespace parlance::grpc
