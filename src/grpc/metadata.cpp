#include "grpc/metadata.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "base/concat.h"
#include "base/trimmed.h"
#include "grpc/base64.h"
#include "grpc/error_details.h"

namespace parlance::grpc {
namespace {

using http2::HeaderField;
using http2::HeaderToken;

constexpr std::string_view kReservedPrefix = "grpc-";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}
bool is_name(std::string_view name) { return !name.empty() && std::ranges::all_of(name, is_name_character); }

bool is_text_character(char c) { return c >= 0x20 && c <= 0x7E; }

bool same_name(std::string_view stored, std::string_view asked) {
  return std::ranges::equal(stored, asked, {}, {}, lower);
}

Status invalid(std::string_view name, std::string message) {
  BadRequest details{{{.field = std::string{name}, .description = message}}};
  return make_error(StatusCode::kInvalidArgument, "INVALID_METADATA", std::move(message),
                    {{"observed", std::string{name}}})
      .with_detail(to_detail(details));
}

Status check_name(std::string_view name) {
  if (!is_name(name)) {
    return invalid(name, concat("metadata name \"", name, "\" is not of the form [0-9a-z_.-]+"));
  }
  if (name.starts_with(kReservedPrefix)) {
    return invalid(name, concat("metadata name \"", name, "\" is reserved: gRPC keeps grpc-* for itself"));
  }
  if (http2::header_token(name) != HeaderToken::kOther) {
    return invalid(name,
                   concat("metadata name \"", name, "\" belongs to HTTP or gRPC and is set by the call"));
  }
  return {};
}

Status check_value(std::string_view name, std::string_view value) {
  if (is_binary_name(name)) return {};
  const auto bad = std::ranges::find_if_not(value, is_text_character);
  if (bad == value.end()) return {};
  return invalid(
      name, concat("metadata \"", name, "\": byte ", unsigned{static_cast<unsigned char>(*bad)}, " at ",
                   bad - value.begin(), " is not printable ASCII; binary values need a name ending in -bin"));
}

// What gRPC reads itself has a token, except user-agent, which handlers ask for.
bool is_received_metadata(const HeaderField& field) {
  const bool open = field.token == HeaderToken::kOther || field.token == HeaderToken::kUserAgent;
  return open && is_name(field.name);
}

}  // namespace

Metadata::Metadata(const Metadata& other)
    : content_(other.empty() ? nullptr : std::make_unique<Content>(*other.content_)) {}

bool Metadata::operator==(const Metadata& other) const { return std::ranges::equal(*this, other); }

Metadata::Content& Metadata::content() {
  if (content_ == nullptr) content_ = std::make_unique<Content>();
  return *content_;
}

Result<void> Metadata::add(std::string_view name, std::string_view value) {
  std::string lowered{name};
  std::ranges::transform(lowered, lowered.begin(), lower);
  if (Status error = check_name(lowered); !error.ok()) return std::unexpected(std::move(error));
  if (Status error = check_value(lowered, value); !error.ok()) return std::unexpected(std::move(error));
  append(lowered, value);
  return {};
}

void Metadata::append(std::string_view name, std::string_view value) {
  auto& [text, places] = content();
  require(name.size() + value.size() <= std::numeric_limits<std::uint32_t>::max() - text.size(),
          "Metadata: more than 4 GiB");
  places.push_back({.offset = static_cast<std::uint32_t>(text.size()),
                    .name_size = static_cast<std::uint32_t>(name.size()),
                    .value_size = static_cast<std::uint32_t>(value.size())});
  text.append(name).append(value);
}

Metadata::Entry Metadata::operator[](std::size_t index) const {
  const Place& place = content_->places[index];
  const std::string_view text = content_->text;
  return {.name = text.substr(place.offset, place.name_size),
          .value = text.substr(place.offset + place.name_size, place.value_size)};
}

std::optional<std::string_view> Metadata::get(std::string_view name) const {
  for (std::size_t index = size(); index-- > 0;) {
    if (const Entry entry = (*this)[index]; same_name(entry.name, name)) return entry.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Metadata::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Entry entry : *this) {
    if (same_name(entry.name, name)) values.push_back(entry.value);
  }
  return values;
}

Result<void> Metadata::append_received(const HeaderField& field) {
  if (!is_binary_name(field.name)) {
    append(field.name, field.value);
    return {};
  }
  std::string_view rest = field.value;
  for (bool more = true; more;) {
    const std::size_t comma = rest.find(',');
    const std::optional<std::string> value = base64_decode(trimmed(rest.substr(0, comma)));
    if (!value) {
      return std::unexpected(make_error(StatusCode::kInternal, "METADATA_NOT_BASE64",
                                        concat("metadata \"", field.name, "\" is not base64"),
                                        {{"observed", std::string{field.name}}}));
    }
    append(field.name, *value);
    more = comma != std::string_view::npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return {};
}

Result<Metadata> Metadata::from_fields(http2::HeaderFields fields) {
  std::size_t text_bytes = 0;
  std::size_t count = 0;
  for (const HeaderField& field : fields) {
    if (!is_received_metadata(field)) continue;
    text_bytes += field.name.size() + field.value.size();
    ++count;
  }
  Metadata metadata;
  if (count == 0) return metadata;
  metadata.content().text.reserve(text_bytes);
  metadata.content().places.reserve(count);
  for (const HeaderField& field : fields) {
    if (!is_received_metadata(field)) continue;
    if (Result<void> done = metadata.append_received(field); !done) return std::unexpected(done.error());
  }
  return metadata;
}

void Metadata::append_to(HeaderList& fields) const {
  for (const Entry entry : *this) {
    if (entry.name.starts_with(kReservedPrefix) || entry.name == "user-agent") continue;
    if (!is_binary_name(entry.name)) {
      fields.add(entry.name, entry.value);
      continue;
    }
    const std::span<char> text = fields.allocate(base64_encoded_size(entry.value.size()));
    base64_encode_to(entry.value, text.data());
    fields.add(entry.name, {text.data(), text.size()});
  }
}

}  // namespace parlance::grpc
