#include "models/backends/openvino/conversion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace parlance::models::openvino {
namespace {

const std::array<std::pair<DataType, ov::element::Type>, 13>& types() {
  static const std::array<std::pair<DataType, ov::element::Type>, 13> table{{
      {DataType::kBool, ov::element::boolean},
      {DataType::kUint8, ov::element::u8},
      {DataType::kUint16, ov::element::u16},
      {DataType::kUint32, ov::element::u32},
      {DataType::kUint64, ov::element::u64},
      {DataType::kInt8, ov::element::i8},
      {DataType::kInt16, ov::element::i16},
      {DataType::kInt32, ov::element::i32},
      {DataType::kInt64, ov::element::i64},
      {DataType::kFp16, ov::element::f16},
      {DataType::kBf16, ov::element::bf16},
      {DataType::kFp32, ov::element::f32},
      {DataType::kFp64, ov::element::f64},
  }};
  return table;
}

/// A port that fusions have given several names has the one that its file gave it: the node is called so,
/// behind which the engine may put "/sink_port_0"; else the shortest.
std::string name_of(const ov::Output<const ov::Node>& port) {
  const auto& names = port.get_names();
  std::string own = port.get_node()->get_friendly_name();
  own = own.substr(0, own.find("/sink_port_"));
  if (names.empty() || names.contains(own)) return own;
  return *std::ranges::min_element(names, {},
                                   [](const std::string& name) { return std::pair{name.size(), name}; });
}

Result<TensorSpec> to_spec(const ov::Output<const ov::Node>& port) {
  TensorSpec spec;
  spec.name = name_of(port);
  const auto failed = [&](std::string_view why) {
    return std::unexpected{Status{StatusCode::kFailedPrecondition, fmt::format("\"{}\" {}", spec.name, why)}};
  };
  const std::optional<DataType> type = to_data_type(port.get_element_type());
  if (!type) return failed("has the unsupported element type " + port.get_element_type().get_type_name());
  spec.type = *type;
  const ov::PartialShape& shape = port.get_partial_shape();
  if (shape.rank().is_dynamic()) return failed("has no fixed number of dimensions");
  for (const ov::Dimension& dimension : shape)
    spec.shape.push_back(dimension.is_static() ? dimension.get_length() : kAnyDimension);
  return spec;
}

Status append(const std::vector<ov::Output<const ov::Node>>& ports, std::vector<TensorSpec>& specs) {
  for (const auto& port : ports) {
    Result<TensorSpec> spec = to_spec(port);
    if (!spec) return spec.error();
    specs.push_back(*std::move(spec));
  }
  return {};
}

}  // namespace

std::optional<DataType> to_data_type(const ov::element::Type& type) {
  for (const auto& [ours, theirs] : types())
    if (theirs == type) return ours;
  return std::nullopt;
}

ov::element::Type to_element_type(DataType type) { return types()[static_cast<std::size_t>(type)].second; }

Result<Signature> to_signature(const ov::CompiledModel& model) {
  Signature signature;
  if (Status status = append(model.inputs(), signature.inputs); !status.ok())
    return std::unexpected{std::move(status)};
  if (Status status = append(model.outputs(), signature.outputs); !status.ok())
    return std::unexpected{std::move(status)};
  return signature;
}

std::string plain_reason(const char* what) {
  std::string reason;
  std::istringstream lines{what};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Exception from ") || line.starts_with("FrontEnd API failed")) continue;
    const std::size_t check = line.find("Check '");
    if (check != std::string::npos && line.find("' failed at ", check) != std::string::npos)
      line.erase(check);
    const std::size_t first = line.find_first_not_of(" \t");
    const std::size_t last = line.find_last_not_of(" \t:");
    if (first == std::string::npos || last == std::string::npos || last < first) continue;
    if (!reason.empty()) reason += ' ';
    reason += line.substr(first, last - first + 1);
  }
  return reason.empty() ? "no reason given" : reason;
}

}  // namespace parlance::models::openvino
