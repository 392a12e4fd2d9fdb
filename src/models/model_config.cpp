#include "models/model_config.h"

#include <fmt/format.h>

#include <optional>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"
#include "models/file_text.h"
#include "models/load_failure.h"

namespace parlance::models {
namespace {

using config::Key;

/// Where the keys stood that must fit one another, for the line of an error.
struct Places {
  std::optional<YAML::Node> labels;  // of versions, at top level
  std::optional<YAML::Node> versions;
  std::optional<YAML::Node> target;
  std::optional<YAML::Node> batching;
};

// Two meanings of "labels": the file with the names of the classes, or what versions are called.
void read_labels_key(const YAML::Node& node, ModelConfig& config, Places& places) {
  if (node.IsMap())
    places.labels.emplace(node);
  else
    config.labels = config::read_file_name(node, "labels");
}

void fit_together(ModelConfig& config, const Places& places) {
  if (places.versions) config.versions = config::read_versions(*places.versions);
  if (places.labels) {
    if (!config.versions.labels.empty())
      config::fail(*places.labels, "the labels of versions are given twice");
    config.versions.labels = config::read_version_labels(*places.labels);
  }
  if (places.versions) config::check_default(*places.versions, config.versions);
  if (places.batching) config.batching = config::read_batching(*places.batching);
  if (!places.target) return;
  if (places.batching)
    config::fail(*places.target, "\"target_p99\" goes into \"batching\" when there is one");
  const Duration target = config::read_duration(*places.target, "target_p99");
  if (target == Duration::zero()) config::fail(*places.target, "\"target_p99\" must be more than 0");
  config.batching = config::batching_for(target);
}

ModelConfig read_config(const YAML::Node& root) {
  ModelConfig config;
  if (root.IsNull()) return config;
  Places places;
  const auto text = [](std::string_view key, std::string& target) {
    return Key{key, [key, &target](const YAML::Node& node) { target = config::read_text(node, key); }};
  };
  const auto specs = [](std::string_view key, std::vector<TensorSpec>& target) {
    return Key{key, [key, &target](const YAML::Node& node) { target = config::read_specs(node, key); }};
  };
  const auto section = [](std::string_view key, auto& target, auto read) {
    return Key{key, [read, &target](const YAML::Node& node) { target = read(node); }};
  };
  const auto later = [](std::string_view key, std::optional<YAML::Node>& target) {
    return Key{key, [&target](const YAML::Node& node) { target.emplace(node); }};
  };
  config::read_mapping(
      root, "a model's configuration",
      {text("backend", config.backend),
       {"file", [&](const YAML::Node& node) { config.file = config::read_file_name(node, "file"); }},
       specs("inputs", config.inputs),
       specs("outputs", config.outputs),
       {"labels", [&](const YAML::Node& node) { read_labels_key(node, config, places); }},
       section("raw_input", config.raw_input, config::read_raw_input),
       section("run", config.run, config::read_run),
       later("batching", places.batching),
       later("target_p99", places.target),
       section("queue", config.queue, config::read_queue),
       section("priority", config.priority, config::read_priority),
       section("instances", config.instances, config::read_instances),
       section("warmup", config.warmup, config::read_warmup),
       later("versions", places.versions),
       section("sequence", config.sequence, config::read_sequence),
       section("embedding", config.embedding, config::read_embedding),
       section("synthetic", config.synthetic, config::read_synthetic),
       section("python", config.python, config::read_python),
       section("generation", config.generation, config::read_generation)});
  fit_together(config, places);
  return config;
}

}  // namespace

Result<ModelConfig> parse_model_config(const std::string& text, const std::string& name) try {
  return read_config(YAML::Load(text));
} catch (const config::ConfigError& error) {
  return load_failure(fmt::format("{}:{}: {}", name, error.line, error.what));
} catch (const YAML::Exception& error) {
  return load_failure(fmt::format("{}:{}: {}", name, error.mark.line + 1, error.msg));
}

Result<ModelConfig> read_model_config(const std::filesystem::path& file, const std::string& name) {
  const std::optional<std::string> text = read_file_text(file);
  if (!text) return load_failure(fmt::format("{}: cannot be read", name));
  return parse_model_config(*text, name);
}

}  // namespace parlance::models
