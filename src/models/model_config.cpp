#include "models/model_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <set>

namespace parlance::models {
namespace {

/// yaml-cpp reports by exception; this one carries our own findings out of the same reader, so that
/// parse_model_config() is the one place where either becomes a Status.
struct ConfigError {
  int line;
  std::string what;
};

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

[[noreturn]] void fail(const YAML::Node& node, std::string what) {
  throw ConfigError{line_of(node.Mark()), std::move(what)};
}

/// A key of a mapping, and what reads its value.
struct Key {
  std::string_view name;
  std::function<void(const YAML::Node&)> read;
};

/// Reads the mapping `node`, which `what` names in errors. Every key must be among `keys`, each at most once.
void read_mapping(const YAML::Node& node, std::string_view what, const std::vector<Key>& keys) {
  if (!node.IsMap()) fail(node, fmt::format("{} must be a mapping", what));
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::string& name = entry.first.Scalar();
    const auto key = std::ranges::find(keys, name, &Key::name);
    if (key == keys.end()) {
      std::vector<std::string_view> known;
      for (const Key& each : keys) known.push_back(each.name);
      fail(entry.first,
           fmt::format("unknown key \"{}\" in {} (known: {})", name, what, fmt::join(known, ", ")));
    }
    if (!seen.insert(name).second) fail(entry.first, fmt::format("\"{}\" is given twice", name));
    key->read(entry.second);
  }
}

std::string read_text(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar() || node.Scalar().empty()) fail(node, fmt::format("\"{}\" must be a text", key));
  return node.Scalar();
}

/// A file name that stays inside the model's folder.
std::string read_file_name(const YAML::Node& node, std::string_view key) {
  std::string name = read_text(node, key);
  const std::filesystem::path path{name};
  if (path.is_absolute() || std::ranges::find(path, "..") != path.end())
    fail(node, fmt::format("\"{}\" must be a file inside the model's folder, got \"{}\"", key, name));
  return name;
}

DataType read_type(const YAML::Node& node) {
  const std::string name = read_text(node, "type");
  const std::optional<DataType> type = parse_data_type(name);
  if (!type) fail(node, fmt::format("\"{}\" is not a type; types are spelled like FP32, INT64, UINT8", name));
  return *type;
}

Shape read_shape(const YAML::Node& node) {
  if (!node.IsSequence()) fail(node, "\"shape\" must be a list of whole numbers");
  Shape shape;
  for (const YAML::Node& dimension : node) {
    std::int64_t value = 0;
    if (!dimension.IsScalar() || !YAML::convert<std::int64_t>::decode(dimension, value) ||
        value < kAnyDimension)
      fail(dimension, "a dimension is a whole number, or -1 for any");
    shape.push_back(value);
  }
  return shape;
}

std::vector<TensorSpec> read_specs(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence() || node.size() == 0) fail(node, fmt::format("\"{}\" must be a list", key));
  std::vector<TensorSpec> specs;
  for (const YAML::Node& item : node) {
    TensorSpec spec;
    bool has_type = false;
    bool has_shape = false;
    read_mapping(
        item, fmt::format("an item of \"{}\"", key),
        {{"name", [&](const YAML::Node& value) { spec.name = read_text(value, "name"); }},
         {"type", [&](const YAML::Node& value) { spec.type = read_type(value), has_type = true; }},
         {"shape", [&](const YAML::Node& value) { spec.shape = read_shape(value), has_shape = true; }}});
    if (spec.name.empty() || !has_type || !has_shape)
      fail(item, fmt::format("an item of \"{}\" needs name, type and shape", key));
    if (std::ranges::find(specs, spec.name, &TensorSpec::name) != specs.end())
      fail(item, fmt::format("\"{}\" names \"{}\" twice", key, spec.name));
    specs.push_back(std::move(spec));
  }
  return specs;
}

RawInputConfig read_raw_input(const YAML::Node& node) {
  RawInputConfig raw;
  const auto read_formats = [&](const YAML::Node& value) {
    if (!value.IsSequence() || value.size() == 0) fail(value, "\"formats\" must be a list of names");
    for (const YAML::Node& format : value) raw.formats.push_back(read_text(format, "formats"));
  };
  read_mapping(node, "\"raw_input\"", {{"formats", read_formats}, {"transform", [&](const YAML::Node& value) {
                                                                     raw.transform =
                                                                         read_text(value, "transform");
                                                                   }}});
  if (raw.formats.empty() || raw.transform.empty()) fail(node, "\"raw_input\" needs formats and transform");
  return raw;
}

RunPlace read_run(const YAML::Node& node) {
  const std::string name = read_text(node, "run");
  if (name == "loop") return RunPlace::kLoop;
  if (name == "worker") return RunPlace::kWorker;
  fail(node, fmt::format("\"run\" must be loop or worker, got \"{}\"", name));
}

ModelConfig read_config(const YAML::Node& root) {
  ModelConfig config;
  if (root.IsNull()) return config;
  read_mapping(root, "a model's configuration",
               {{"backend", [&](const YAML::Node& node) { config.backend = read_text(node, "backend"); }},
                {"file", [&](const YAML::Node& node) { config.file = read_file_name(node, "file"); }},
                {"inputs", [&](const YAML::Node& node) { config.inputs = read_specs(node, "inputs"); }},
                {"outputs", [&](const YAML::Node& node) { config.outputs = read_specs(node, "outputs"); }},
                {"labels", [&](const YAML::Node& node) { config.labels = read_file_name(node, "labels"); }},
                {"raw_input", [&](const YAML::Node& node) { config.raw_input = read_raw_input(node); }},
                {"run", [&](const YAML::Node& node) { config.run = read_run(node); }}});
  return config;
}

std::unexpected<Status> failure(std::string message) {
  return std::unexpected{Status{StatusCode::kFailedPrecondition, std::move(message)}};
}

}  // namespace

Result<ModelConfig> parse_model_config(const std::string& text, const std::string& name) try {
  return read_config(YAML::Load(text));
} catch (const ConfigError& error) {
  return failure(fmt::format("{}:{}: {}", name, error.line, error.what));
} catch (const YAML::Exception& error) {
  return failure(fmt::format("{}:{}: {}", name, line_of(error.mark), error.msg));
}

Result<ModelConfig> read_model_config(const std::filesystem::path& file, const std::string& name) {
  std::ifstream stream{file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (!stream) return failure(fmt::format("{}: cannot be read", name));
  return parse_model_config(text, name);
}

}  // namespace parlance::models
