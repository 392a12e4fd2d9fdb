#include "dialects/kserve/rest/json_values.h"

#include <concepts>
#include <cstddef>
#include <cstring>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_document.h"
#include "dialects/json_output.h"
#include "grpc/error_details.h"
#include "models/byte_elements.h"
#include "models/number_type.h"
#include "wire/utf8.h"

namespace parlance::dialects::kserve::rest {
namespace {

namespace dom = simdjson::dom;
using models::DataType;

std::string text_of(const TensorHead& head) {
  return concat("input '", head.name, "' of ", models::to_string(head.type), " ",
                models::to_string(head.shape));
}

/// How many values there are, on whatever level. simdjson bounds the levels.
std::size_t count_values(dom::element element) {
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) return 1;
  std::size_t count = 0;
  for (const dom::element each : array) count += count_values(each);
  return count;
}

/// Triton has a text for more of them, and one for fewer.
std::unexpected<Status> wrong_count(const TensorHead& head, std::size_t observed) {
  return invalid(concat(observed > head.elements
                            ? "Unable to parse 'data': Shape does not match true shape of 'data' field"
                            : "Failed to parse 'data' field: shape does not match true shape",
                        "; ", text_of(head), " needs ", head.elements, " values, got ", observed));
}

std::unexpected<Status> no_value(const TensorHead& head, dom::element element) {
  const std::string got = element.is_number() ? simdjson::minify(element) : std::string{kind_of(element)};
  return invalid(concat("Unable to parse 'data': ", text_of(head), " has ", got, ", which is not one of ",
                        models::to_string(head.type)));
}

/// Calls `take` with each value in turn, until it says false; the one it did not take.
template <typename Take>
std::optional<dom::element> for_each_value(dom::element element, const Take& take) {
  dom::array array;
  if (element.get(array) != simdjson::SUCCESS) {
    if (take(element)) return std::nullopt;
    return element;
  }
  for (const dom::element each : array) {
    if (auto refused = for_each_value(each, take)) return refused;
  }
  return std::nullopt;
}

template <typename T>
Result<Buffer> read_numbers(const TensorHead& head, dom::element data) {
  Buffer buffer = Buffer::allocate(head.elements * sizeof(T));
  T* at = reinterpret_cast<T*>(buffer.writable().data());
  const auto put = [&at](dom::element element) {
    const std::optional<T> number = number_of<T>(element);
    if (number) *at++ = *number;
    return number.has_value();
  };
  if (const auto refused = for_each_value(data, put)) return no_value(head, *refused);
  return buffer;
}

Result<Buffer> read_texts(const TensorHead& head, dom::element data) {
  std::string raw;
  const auto put = [&raw](dom::element element) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) return false;
    models::append_element(raw, text);
    return true;
  };
  if (const auto refused = for_each_value(data, put)) return no_value(head, *refused);
  return Buffer::adopt(std::move(raw));
}

std::unexpected<Status> raw_only(const TensorHead& head) {
  return invalid(concat("receiving ", models::to_string(head.type),
                        " data via JSON is not supported. Please ", "use the binary data format for input ",
                        head.name));
}

template <typename T>
void append_numbers(Bytes raw, std::string& json) {
  char separator = '[';
  for (std::size_t at = 0; at < raw.size(); at += sizeof(T)) {
    json += std::exchange(separator, ',');
    if constexpr (std::same_as<T, bool>) {
      append_json(json, raw[at] != std::byte{0});
    } else {
      T value;
      std::memcpy(&value, raw.data() + at, sizeof value);
      append_json(json, value);
    }
  }
  json += separator == '[' ? "[]" : "]";
}

Status not_as_json(const TensorHead& head, std::string_view what) {
  return invalid(concat("sending ", what, " via JSON is not supported. Please use the binary data format ",
                        "(\"binary_data\": true) for output ", head.name))
      .error();
}

Status not_its_values(const TensorHead& head, std::size_t observed_bytes) {
  return grpc::make_error(StatusCode::kInternal, "OUTPUT_NOT_REPRESENTABLE",
                          concat("Output \"", head.name, "\" of ", models::to_string(head.type), " ",
                                 models::to_string(head.shape), " came with ", observed_bytes, " bytes"),
                          {{"hop", "server"}});
}

Status append_texts(const TensorHead& head, Bytes raw, std::string& json) {
  if (models::count_elements(raw) != head.elements) return not_its_values(head, raw.size());
  char separator = '[';
  for (const std::string_view text : models::split_elements(raw)) {
    if (!wire::is_utf8(as_bytes(text))) return not_as_json(head, "BYTES data that is not UTF-8");
    json += std::exchange(separator, ',');
    append_json(json, text);
  }
  json += separator == '[' ? "[]" : "]";
  return {};
}

}  // namespace

Result<Buffer> read_values(const TensorHead& head, dom::element data) {
  if (!data.is_array())
    return invalid(concat("Unable to parse 'data': ", text_of(head), " needs an array, got ", kind_of(data)));
  const std::size_t count = count_values(data);
  if (count != head.elements) return wrong_count(head, count);
  if (head.type == DataType::kBytes) return read_texts(head, data);
  auto numbers = models::with_number_type(
      head.type, [&]<typename T>(std::type_identity<T>) { return read_numbers<T>(head, data); });
  if (numbers) return *std::move(numbers);
  return raw_only(head);
}

Status append_values(const TensorHead& head, Bytes raw, std::string& json) {
  if (head.type == DataType::kBytes) return append_texts(head, raw, json);
  if (head.type == DataType::kFp16 || head.type == DataType::kBf16)
    return not_as_json(head, concat(models::to_string(head.type), " data"));
  if (raw.size() != head.elements * models::size_bytes(head.type)) return not_its_values(head, raw.size());
  models::with_number_type(head.type, [&]<typename T>(std::type_identity<T>) {
    append_numbers<T>(raw, json);
    return true;
  });
  return {};
}

}  // namespace parlance::dialects::kserve::rest
