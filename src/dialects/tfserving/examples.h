#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "tfserving/prediction_service.views.h"
#include "wire/parsed.h"

namespace parlance::dialects::tfserving {

/// The values of a feature: of a bytes_list, a float_list or an int64_list; nothing: a feature without a
/// list.
using FeatureValues = std::variant<std::monostate, std::vector<std::string_view>, std::vector<float>,
                                   std::vector<std::int64_t>>;
/// A tensorflow.Example. Borrows.
using Example = std::map<std::string_view, FeatureValues>;

struct Examples {
  Example context;  // whose features are every row's that has them not itself
  std::vector<Example> rows;
};

/// INVALID_ARGUMENT "Input is empty."
Result<Examples> to_examples(const ::tensorflow::serving::InputView& input);

/// Examples, and the messages that they borrow from.
struct ParsedExamples {
  std::vector<wire::Parsed<::tensorflow::ExampleView>> messages;
  Examples examples;
};

/// Serialized Examples of one request, and bytes of those that are as the one before: a tensor may say one of
/// them many times for the price of one, and each is parsed.
inline constexpr std::size_t kMostSerialized = std::size_t{1} << 16;
inline constexpr std::size_t kMostRepeatedExampleBytes = std::size_t{1} << 20;

/// Of a tensor of BYTES, an element of which is an Example, serialized; borrows from it. INVALID_ARGUMENT
/// "Input is empty.", "Could not parse example input, index: 0"; RESOURCE_EXHAUSTED (BATCH_TOO_LARGE) above
/// kMostSerialized, (TENSOR_TOO_LARGE) above kMostRepeatedExampleBytes.
Result<ParsedExamples> parse_examples(const models::Tensor& serialized);

/// A row of each input from each example: the feature of the input's name, or, where both are alone, the only
/// one; as many values as a row has. Numbers are taken by inputs of numbers, whole ones by all that can hold
/// them; texts by inputs of BYTES.
///
/// INVALID_ARGUMENT with TensorFlow's texts: "Feature: x (data type: float) is required but could not be
/// found.", "Data types don't match. …", "Number of float values != expected. …"; RESOURCE_EXHAUSTED
/// (TENSOR_TOO_LARGE) for a context that becomes more than kMostRepeatedBytes.
Result<models::Tensors> to_rows(const models::Signature& signature, const Examples& examples);

}  // namespace parlance::dialects::tfserving
