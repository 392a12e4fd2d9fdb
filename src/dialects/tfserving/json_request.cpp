#include "dialects/tfserving/json_request.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/json_tensor.h"
#include "dialects/tfserving/json_text.h"

namespace parlance::dialects::tfserving {
namespace {

namespace dom = simdjson::dom;
using models::TensorSpec;

std::optional<dom::element> member(dom::element object, std::string_view name) {
  dom::element found;
  if (object.at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

/// Empty: none is named.
Result<std::string_view> signature_name(dom::element root) {
  const std::optional<dom::element> name = member(root, "signature_name");
  std::string_view text;
  if (!name || name->get(text) == simdjson::SUCCESS) return text;
  return invalid(concat("JSON Value: ", shown(root),
                        " not formatted correctly. 'signature_name' key must be a string value."));
}

std::unexpected<Status> wrong(dom::element root, std::string_view what) {
  return invalid(concat("JSON Value: ", shown(root), " ", what));
}

/// An object of named tensors, and not one of those that stand for a value.
bool names_tensors(dom::element element) {
  return element.is_object() && !base64_of(element) && !special_number(element);
}

std::unexpected<Status> in_instance(std::size_t index, std::string_view key, const Status& status) {
  const std::string which = key.empty() ? std::string{} : concat(" key: ", key);
  const std::string message = concat("Failed to process element: ", index, which,
                                     " of 'instances' list. Error: ", status.to_string());
  return std::unexpected{Status{status.code(), message, {status.details().begin(), status.details().end()}}};
}

/// Rows of each input, added instance by instance.
class Instances {
 public:
  explicit Instances(const models::Signature& signature) {
    for (const TensorSpec& spec : signature.inputs) inputs_.try_emplace(spec.name, spec);
    for (const TensorSpec& spec : signature.inputs) order_.push_back(spec.name);
  }

  Result<models::Tensors> read(dom::array list) {
    const dom::element first = *list.begin();
    if (!first.is_object() && inputs_.size() > 1)
      return invalid(
          "instances is a plain list, but expecting list of objects as multiple input tensors required as "
          "per "
          "tensorinfo_map");
    const bool named = names_tensors(first);
    std::size_t index = 0;
    for (const dom::element each : list) {
      Status status = named ? add_named(each, index) : add_plain(each, index);
      if (!status.ok()) return std::unexpected{std::move(status)};
      ++index;
    }
    models::Tensors tensors;
    for (const std::string_view name : order_) tensors.push_back(inputs_.find(name)->second.rows());
    return tensors;
  }

 private:
  Status add_plain(dom::element each, std::size_t index) {
    if (names_tensors(each))
      return invalid(concat("Expecting value/list but got object at item ", index, " of input list")).error();
    Status status = inputs_.begin()->second.add(each);
    return status.ok() ? status : in_instance(index, {}, status).error();
  }

  Status add_named(dom::element each, std::size_t index) {
    if (!names_tensors(each))
      return invalid(concat("Expecting object but got list at item ", index, " of input list")).error();
    std::set<std::string_view> given;
    for (const dom::key_value_pair field : dom::object{each}) {
      const auto input = inputs_.find(field.key);
      Status status = input == inputs_.end()
                          ? invalid(concat("JSON object: does not have named input: ", field.key)).error()
                          : add_once(field, input->second, given);
      if (!status.ok()) return in_instance(index, field.key, status).error();
    }
    if (given.size() == inputs_.size()) return {};
    std::string names;
    for (const auto& [name, tensor] : inputs_) names += concat(names.empty() ? "" : ",", name);
    return invalid(concat("Failed to process element: ", index, " of 'instances' list. JSON object: ",
                          shown(each), " keys must be equal to: ", names))
        .error();
  }

  static Status add_once(const dom::key_value_pair& field, JsonTensor& tensor,
                         std::set<std::string_view>& given) {
    if (!given.insert(field.key).second) return invalid("the key is there twice").error();
    return tensor.add(field.value);
  }

  std::map<std::string_view, JsonTensor> inputs_;
  std::vector<std::string_view> order_;
};

Result<models::Tensors> read_columns(const models::Signature& signature, dom::element inputs) {
  const bool named = names_tensors(inputs);
  if (!named && signature.inputs.size() > 1)
    return invalid(
        "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
        "tensorinfo_map");
  models::Tensors tensors;
  for (const TensorSpec& spec : signature.inputs) {
    const std::optional<dom::element> value = named ? member(inputs, spec.name) : inputs;
    if (!value) return invalid(concat("Missing named input: ", spec.name, " in 'inputs' object."));
    JsonTensor tensor{spec};
    if (Status status = tensor.add(*value); !status.ok()) return std::unexpected{std::move(status)};
    tensors.push_back(tensor.value());
  }
  return tensors;
}

Result<models::Tensors> read_instances(const models::Signature& signature, dom::element root,
                                       dom::element instances) {
  dom::array list;
  if (instances.get(list) != simdjson::SUCCESS)
    return wrong(root, "Expecting 'instances' to be an list/array");
  if (list.size() == 0) return wrong(root, "No values in 'instances' array");
  return Instances{signature}.read(list);
}

}  // namespace

Result<JsonPredict> read_predict(std::string_view body, const FindSignature& find) {
  const Result<JsonDocument> document = parse_body(body);
  if (!document) return std::unexpected{document.error()};
  const dom::element root = document->root();
  const Result<std::string_view> name = signature_name(root);
  if (!name) return std::unexpected{name.error()};
  Result<ServedSignature> signature = find(*name);
  if (!signature)
    return invalid(concat("Serving signature name: \"", *name, "\" not found in signature def"));
  const std::optional<dom::element> instances = member(root, "instances");
  const std::optional<dom::element> inputs = member(root, "inputs");
  if (instances && inputs)
    return wrong(root,
                 "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ");
  if (!instances && !inputs) return invalid("Missing 'inputs' or 'instances' key");
  Result<models::Tensors> tensors = instances ? read_instances(signature->tensors, root, *instances)
                                              : read_columns(signature->tensors, *inputs);
  if (!tensors) return std::unexpected{std::move(tensors).error()};
  return JsonPredict{.signature = *std::move(signature),
                     .format = instances ? JsonFormat::kRow : JsonFormat::kColumn,
                     .inputs = *std::move(tensors)};
}

/// Reads into a JsonExamples.
class JsonExamplesReader {
 public:
  explicit JsonExamplesReader(JsonExamples& to) : to_(to) {}

  Status read(dom::element root) {
    const Result<std::string_view> name = signature_name(root);
    if (!name) return name.error();
    to_.signature_ = *name;
    if (const auto given = member(root, "context")) {
      if (Status status = read_example(*given, to_.examples_.context); !status.ok()) return status;
    }
    const std::optional<dom::element> examples = member(root, "examples");
    if (!examples)
      return wrong(root, "When method is classify, key 'examples' is expected and was not found").error();
    dom::array list;
    if (examples->get(list) != simdjson::SUCCESS)
      return wrong(root, "Expecting 'examples' value to be an list/array").error();
    if (list.size() == 0) return wrong(root, "'examples' value is an empty array").error();
    for (const dom::element each : list) {
      Example& example = to_.examples_.rows.emplace_back();
      if (Status status = read_example(each, example); !status.ok()) return status;
    }
    return {};
  }

 private:
  Status read_example(dom::element from, Example& to) {
    dom::object object;
    if (from.get(object) != simdjson::SUCCESS)
      return invalid(concat("Example must be JSON object but got JSON ", type_of(from))).error();
    for (const dom::key_value_pair field : object) {
      const std::string_view name = keep(field.key);
      FeatureValues values;
      dom::array list;
      if (field.value.get(list) == simdjson::SUCCESS) {
        for (const dom::element each : list) {
          if (Status status = add(each, name, values); !status.ok()) return status;
        }
      } else if (Status status = add(field.value, name, values); !status.ok()) {
        return status;
      }
      to.insert_or_assign(name, std::move(values));
    }
    return {};
  }

  Status add(dom::element value, std::string_view name, FeatureValues& to) {
    if (const auto special = special_number(value)) return append(static_cast<float>(*special), name, to);
    if (const auto base64 = base64_of(value)) {
      Result<std::string> bytes = decode_base64(*base64);
      return bytes ? append(keep(*bytes), name, to) : bytes.error();
    }
    switch (value.type()) {
      case dom::element_type::BOOL:
        return append(std::int64_t{value.get_bool().value_unsafe()}, name, to);
      case dom::element_type::STRING:
        return append(keep(value.get_string().value_unsafe()), name, to);
      case dom::element_type::INT64:
        return append(value.get_int64().value_unsafe(), name, to);
      case dom::element_type::DOUBLE:
        return append(static_cast<float>(value.get_double().value_unsafe()), name, to);
      case dom::element_type::UINT64:
        return invalid(concat("Feature: ", name, " has uint64_t element. Only int64_t is supported."))
            .error();
      case dom::element_type::ARRAY:
      case dom::element_type::OBJECT:
      case dom::element_type::NULL_VALUE:
        break;
    }
    return invalid(concat("Feature: ", name, " has element with unexpected JSON type: ", type_of(value)))
        .error();
  }

  template <typename T>
  Status append(T value, std::string_view name, FeatureValues& to) {
    if (std::holds_alternative<std::monostate>(to)) to = std::vector<T>{};
    if (auto* list = std::get_if<std::vector<T>>(&to)) {
      list->push_back(value);
      return {};
    }
    constexpr std::string_view kKinds[] = {"UNKNOWN", "bytes", "float", "int64"};
    return invalid(
               concat("Unexpected element type in feature: ", name, " expecting type: ", kKinds[to.index()]))
        .error();
  }

  std::string_view keep(std::string_view text) { return to_.texts_.emplace_back(text); }

  JsonExamples& to_;
};

Result<JsonExamples> JsonExamples::read(std::string_view body) {
  const Result<JsonDocument> document = parse_body(body);
  if (!document) return std::unexpected{document.error()};
  JsonExamples examples;
  if (Status status = JsonExamplesReader{examples}.read(document->root()); !status.ok())
    return std::unexpected{std::move(status)};
  return examples;
}

}  // namespace parlance::dialects::tfserving
