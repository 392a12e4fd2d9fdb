#include "dialects/tfserving/json_response.h"

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_output.h"
#include "dialects/tfserving/data_types.h"
#include "grpc/base64.h"
#include "models/byte_elements.h"
#include "models/number_type.h"
#include "wire/utf8.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Tensor;

void append_value(std::string& json, std::integral auto value) { append_json(json, value); }
void append_value(std::string& json, std::floating_point auto value) {
  const std::size_t begin = json.size();
  append_json(json, value);
  // What says that it is no whole number: a point, an exponent, or the letters of NaN and Infinity.
  if (json.find_first_of(".enI", begin) == std::string::npos && json.find('N', begin) == std::string::npos)
    json += ".0";
}

std::string padded_base64(std::string_view bytes) {
  std::string text = grpc::base64_encode(bytes);
  while (text.size() % 4 != 0) text += '=';
  return text;
}

void append_text(std::string& json, std::string_view text, bool as_bytes_of) {
  if (as_bytes_of || !wire::is_utf8(as_bytes(text))) {
    json += concat(R"({"b64": ")", padded_base64(text), "\"}");
  } else {
    append_json(json, text);
  }
}

/// What is written of a tensor: value by value, whatever its type.
class Values {
 public:
  explicit Values(const Tensor& tensor) : tensor_(tensor), as_b64_(tensor.name().ends_with("_bytes")) {
    if (tensor.type() == DataType::kBytes) texts_ = models::split_elements(tensor.bytes());
  }

  const Tensor& tensor() const { return tensor_; }

  /// `shape` is of what begins at element `at`.
  void append(std::string& json, std::span<const std::int64_t> shape, std::size_t& at) const {
    if (shape.empty()) return append_one(json, at++);
    json += '[';
    for (std::int64_t i = 0; i < shape[0]; ++i) {
      if (i > 0) json += ", ";
      append(json, shape.subspan(1), at);
    }
    json += ']';
  }

 private:
  void append_one(std::string& json, std::size_t at) const {
    if (tensor_.type() == DataType::kBytes) return append_text(json, texts_[at], as_b64_);
    // check() has refused what is no number.
    models::with_number_type(tensor_.type(), [&]<typename T>(std::type_identity<T>) {
      append_value(json, tensor_.as<T>()[at]);
      return true;
    });
  }

  const Tensor& tensor_;
  const bool as_b64_;
  std::vector<std::string_view> texts_;
};

Status check(const models::Tensors& outputs) {
  for (const Tensor& output : outputs) {
    if (output.type() == DataType::kFp16 || output.type() == DataType::kBf16)
      return invalid(concat("Failed to write JSON value for tensor type: ",
                            name_of(to_tensorflow(output.type()))))
          .error();
  }
  return {};
}

Result<std::int64_t> row_count(const models::Tensors& outputs) {
  std::int64_t rows = -1;
  for (const Tensor& output : outputs) {
    if (output.shape().empty())
      return invalid(concat("Tensor name: ", output.name(), " has no shape information "));
    const std::int64_t own = output.shape()[0];
    if (rows >= 0 && rows != own)
      return invalid(concat("Tensor name: ", output.name(), " has inconsistent batch size: ", own,
                            " expecting: ", rows));
    rows = own;
  }
  return rows;
}

/// One output as it is, several as an object; append_each(json, index) appends each.
template <typename AppendEach>
void append_outputs(std::string& json, const models::Tensors& outputs, const AppendEach& append_each) {
  if (outputs.size() == 1) return append_each(0);
  json += "{";
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    json += i > 0 ? ", " : "";
    append_json(json, outputs[i].name());
    json += ": ";
    append_each(i);
  }
  json += "}";
}

std::string object_of(std::string_view key, std::string_view value) {
  return concat("{\n    \"", key, "\": ", value, "\n}");
}

}  // namespace

Result<std::string> predict_body(JsonFormat format, const models::Tensors& outputs) {
  if (outputs.empty()) return invalid("Cannot convert empty tensor map to JSON");
  if (Status status = check(outputs); !status.ok()) return std::unexpected{std::move(status)};
  std::vector<Values> values;
  for (const Tensor& output : outputs) values.emplace_back(output);
  std::vector<std::size_t> at(outputs.size());
  std::string json;
  if (format == JsonFormat::kColumn) {
    append_outputs(json, outputs, [&](std::size_t i) { values[i].append(json, outputs[i].shape(), at[i]); });
    return object_of("outputs", json);
  }
  const Result<std::int64_t> rows = row_count(outputs);
  if (!rows) return std::unexpected{rows.error()};
  json += '[';
  for (std::int64_t row = 0; row < *rows; ++row) {
    if (row > 0) json += ", ";
    append_outputs(json, outputs, [&](std::size_t i) {
      values[i].append(json, std::span<const std::int64_t>{outputs[i].shape()}.subspan(1), at[i]);
    });
  }
  json += ']';
  return object_of("predictions", json);
}

std::string classify_body(const Tensor& scores, std::span<const std::string> labels) {
  const std::span<const float> values = scores.as<float>();
  const auto classes = static_cast<std::size_t>(scores.shape()[1]);
  std::string json = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t id = i % classes;
    json += id > 0 ? ", " : (i > 0 ? "], [" : "[");
    json += '[';
    append_json(json, id < labels.size() ? std::string_view{labels[id]} : std::string_view{});
    json += ", ";
    append_value(json, values[i]);
    json += ']';
  }
  json += values.empty() ? "]" : "]]";
  return object_of("results", json);
}

std::string regress_body(const Tensor& values) {
  std::string json;
  for (const float value : values.as<float>()) {
    json += json.empty() ? "" : ", ";
    append_value(json, value);
  }
  return object_of("results", concat("[", json, "]"));
}

std::string error_body(std::string_view message) {
  std::string json;
  append_json(json, message);
  return object_of("error", json);
}

}  // namespace parlance::dialects::tfserving
