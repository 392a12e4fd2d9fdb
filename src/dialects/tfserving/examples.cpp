#include "dialects/tfserving/examples.h"

#include <concepts>
#include <optional>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/data_types.h"
#include "dialects/tfserving/errors.h"
#include "grpc/error_details.h"
#include "models/byte_elements.h"
#include "models/number_type.h"
#include "models/shape.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Shape;
using models::Tensor;
using models::TensorSpec;
using ::tensorflow::ExampleView;
using ::tensorflow::FeatureView;

FeatureValues values_of(const FeatureView& feature) {
  if (feature.has_bytes_list()) {
    std::vector<std::string_view> values;
    for (const Bytes value : feature.bytes_list().value()) values.push_back(as_text(value));
    return values;
  }
  if (feature.has_float_list()) {
    const auto list = feature.float_list().value();
    return std::vector<float>(list.begin(), list.end());
  }
  if (!feature.has_int64_list()) return {};
  std::vector<std::int64_t> values;
  for (const std::int64_t value : feature.int64_list().value()) values.push_back(value);
  return values;
}

void add(const ExampleView& from, Example& to) {
  for (const auto [name, feature] : from.features().feature()) to.insert_or_assign(name, values_of(feature));
}

// As TensorFlow's parser of examples names them.
std::string_view kind_of(DataType type) {
  switch (type) {
    case DataType::kBytes:
      return "string";
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kFp32:
    case DataType::kFp64:
      return "float";
    default:
      return "int64";
  }
}

constexpr std::string_view kKinds[] = {"invalid", "string", "float", "int64"};  // of FeatureValues' index

/// Where a value goes: an input and one of the examples.
struct Place {
  const TensorSpec& spec;
  std::size_t row;

  std::unexpected<Status> wrong(std::string_view what) const {
    return invalid(concat("Name: <unknown>, Key: ", spec.name, ", Index: ", row, ".  ", what));
  }
  std::unexpected<Status> wrong_type(const FeatureValues& values) const {
    return wrong(concat("Data types don't match. Data type: ", kKinds[values.index()],
                        " but expected type: ", kind_of(spec.type)));
  }
};

std::unexpected<Status> missing(const TensorSpec& spec) {
  return invalid(concat("Name: <unknown>, Feature: ", spec.name, " (data type: ", kind_of(spec.type),
                        ") is required but could not be found."));
}

std::size_t size_of(const FeatureValues& values) {
  const auto size = [](const auto& list) -> std::size_t {
    if constexpr (requires { list.size(); }) return list.size();
    return 0;
  };
  return std::visit(size, values);
}

/// Rows of one input, one behind the other.
class Rows {
 public:
  /// Of inputs whose rows have a size.
  static Result<Rows> of(const TensorSpec& spec) {
    const std::span<const std::int64_t> shape{spec.shape};
    const auto count = shape.empty() ? std::nullopt : models::element_count(shape.subspan(1));
    if (count && (shape[0] == models::kAnyDimension || shape[0] == 1)) return Rows{spec, *count};
    return no_rows(spec);
  }

  Status add(const FeatureValues& values, std::size_t row) {
    const Place place{spec_, row};
    if (size_of(values) != row_elements_)
      return place
          .wrong(concat("Number of ", kind_of(spec_.type),
                        " values != expected.  Values size: ", size_of(values), " but output shape: ",
                        models::to_string(std::span<const std::int64_t>{spec_.shape}.subspan(1))))
          .error();
    ++rows_;
    return std::visit([&](const auto& list) { return add_list(list, place); }, values);
  }

  std::size_t size_bytes() const { return bytes_.size(); }

  Tensor tensor() const {
    Shape shape = spec_.shape;
    shape[0] = static_cast<std::int64_t>(rows_);
    return Tensor::owning(spec_.name, spec_.type, std::move(shape), Buffer::copy_of(as_bytes(bytes_)));
  }

 private:
  Rows(const TensorSpec& spec, std::size_t row_elements) : spec_(spec), row_elements_(row_elements) {}

  static std::unexpected<Status> no_rows(const TensorSpec& spec) {
    return std::unexpected{
        grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                         concat("Input \"", spec.name, "\" of shape ", models::to_string(spec.shape),
                                " has no rows of one size, which examples could be; call Predict"),
                         {{"hop", "server"}})};
  }

  Status add_list(std::monostate, const Place& place) { return place.wrong_type({}).error(); }
  Status add_list(const std::vector<std::string_view>& list, const Place& place) {
    if (spec_.type != DataType::kBytes) return place.wrong_type(list).error();
    for (const std::string_view each : list) models::append_element(bytes_, each);
    return {};
  }
  template <typename T>
  Status add_list(const std::vector<T>& list, const Place& place) {
    for (const T value : list) {
      if (add_number(value)) continue;
      if (std::floating_point<T> || spec_.type == DataType::kBytes) return place.wrong_type(list).error();
      return place
          .wrong(concat("The value ", static_cast<std::int64_t>(value), " is no ", symbol_of(spec_.type)))
          .error();
    }
    return {};
  }

  template <typename T>
  bool add_number(T value) {
    const auto is_put = models::with_number_type(
        spec_.type, [&]<typename To>(std::type_identity<To>) { return put<To>(value); });
    return is_put.value_or(false);
  }

  /// False: `value` is none of To.
  template <typename To, typename From>
  bool put(From value) {
    if constexpr (std::same_as<To, bool>) {
      if (!std::integral<From> || (value != From{0} && value != From{1})) return false;
    } else if constexpr (std::integral<To>) {
      if constexpr (!std::integral<From>)
        return false;
      else if (!std::in_range<To>(value))
        return false;
    }
    const To converted = static_cast<To>(value);
    bytes_.append(reinterpret_cast<const char*>(&converted), sizeof converted);
    return true;
  }

  const TensorSpec& spec_;
  std::size_t row_elements_;
  std::size_t rows_ = 0;
  std::string bytes_;
};

/// The values of a row for an input; null: it has none.
struct Found {
  const FeatureValues* values = nullptr;
  bool in_context = false;
};

Found find(const Examples& examples, std::size_t row, const TensorSpec& spec, bool is_alone) {
  const Example& own = examples.rows[row];
  const Example& context = examples.context;
  if (const auto named = own.find(spec.name); named != own.end()) return {&named->second};
  if (const auto named = context.find(spec.name); named != context.end()) return {&named->second, true};
  if (!is_alone || own.size() + context.size() != 1) return {};
  return own.empty() ? Found{&context.begin()->second, true} : Found{&own.begin()->second};
}

Result<Tensor> to_tensor(const TensorSpec& spec, bool is_alone, const Examples& examples) {
  Result<Rows> rows = Rows::of(spec);
  if (!rows) return std::unexpected{std::move(rows).error()};
  std::size_t repeated_bytes = 0;
  for (std::size_t row = 0; row < examples.rows.size(); ++row) {
    const auto [values, in_context] = find(examples, row, spec, is_alone);
    if (values == nullptr) return missing(spec);
    const std::size_t before = rows->size_bytes();
    if (Status status = rows->add(*values, row); !status.ok()) return std::unexpected{std::move(status)};
    if (in_context) repeated_bytes += rows->size_bytes() - before;
    if (repeated_bytes > kMostRepeatedBytes) return too_large(spec.name);
  }
  return rows->tensor();
}

/// Of elements that are as the one before.
std::size_t repeated_bytes(const Tensor& elements) {
  std::size_t bytes = 0;
  std::string_view before;
  for (const std::string_view element : models::split_elements(elements.bytes())) {
    if (element == before) bytes += element.size();
    before = element;
  }
  return bytes;
}

}  // namespace

Result<Examples> to_examples(const ::tensorflow::serving::InputView& input) {
  Examples examples;
  if (input.has_example_list()) {
    for (const ExampleView example : input.example_list().examples())
      add(example, examples.rows.emplace_back());
  } else if (input.has_example_list_with_context()) {
    const auto list = input.example_list_with_context();
    add(list.context(), examples.context);
    for (const ExampleView example : list.examples()) add(example, examples.rows.emplace_back());
  }
  if (examples.rows.empty()) return invalid("Input is empty.");
  return examples;
}

Result<ParsedExamples> parse_examples(const models::Tensor& serialized) {
  const std::size_t count = models::count_elements(serialized.bytes()).value_or(0);
  if (Status status = check_count("Examples", count, kMostSerialized); !status.ok())
    return std::unexpected{std::move(status)};
  if (repeated_bytes(serialized) > kMostRepeatedExampleBytes)
    return too_large(serialized.name(), kMostRepeatedExampleBytes);
  ParsedExamples parsed;
  for (const std::string_view element : models::split_elements(serialized.bytes())) {
    auto message = wire::Parsed<ExampleView>::of(as_bytes(element));
    if (!message) return invalid(concat("Could not parse example input, index: ", parsed.messages.size()));
    add(*parsed.messages.emplace_back(*std::move(message)), parsed.examples.rows.emplace_back());
  }
  if (parsed.messages.empty()) return invalid("Input is empty.");
  return parsed;
}

Result<models::Tensors> to_rows(const models::Signature& signature, const Examples& examples) {
  models::Tensors tensors;
  for (const TensorSpec& spec : signature.inputs) {
    Result<Tensor> tensor = to_tensor(spec, signature.inputs.size() == 1, examples);
    if (!tensor) return std::unexpected{std::move(tensor).error()};
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

}  // namespace parlance::dialects::tfserving
