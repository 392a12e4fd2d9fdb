#include <fmt/format.h>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

constexpr std::int64_t kMostOutputMb = 65'536;

Duration read_timeout(const YAML::Node& node, std::string_view key) {
  const Duration timeout = read_duration(node, key);
  if (timeout == Duration::zero()) fail(node, fmt::format("\"{}\" must be more than 0", key));
  return timeout;
}

std::map<std::string, std::string> read_parameters(const YAML::Node& node) {
  if (!node.IsMap()) fail(node, "\"parameters\" must map names to values");
  std::map<std::string, std::string> parameters;
  for (const auto& entry : node) {
    const std::string name = read_text(entry.first, "parameters");
    if (!parameters.emplace(name, read_text(entry.second, name)).second)
      fail(entry.first, fmt::format("\"{}\" is given twice", name));
  }
  return parameters;
}

}  // namespace

PythonConfig read_python(const YAML::Node& node) {
  PythonConfig python;
  read_mapping(
      node, "\"python\"",
      {{"interpreter",
        [&](const YAML::Node& value) { python.interpreter = read_text(value, "interpreter"); }},
       {"timeout", [&](const YAML::Node& value) { python.timeout = read_timeout(value, "timeout"); }},
       {"load_timeout",
        [&](const YAML::Node& value) { python.load_timeout = read_timeout(value, "load_timeout"); }},
       {"slow_reader",
        [&](const YAML::Node& value) { python.slow_reader = read_duration(value, "slow_reader"); }},
       {"max_output_mb",
        [&](const YAML::Node& value) {
          python.max_output_mb =
              static_cast<std::size_t>(read_number(value, "max_output_mb", 1, kMostOutputMb));
        }},
       {"install", [&](const YAML::Node& value) { python.install = read_bool(value, "install"); }},
       {"parameters", [&](const YAML::Node& value) { python.parameters = read_parameters(value); }}});
  return python;
}

}  // namespace parlance::models::config
