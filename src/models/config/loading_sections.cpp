#include <fmt/format.h>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

constexpr std::int64_t kMostInstances = 1024;
constexpr std::size_t kMostSizes = 32;  // each costs time before the version is READY

unsigned read_count(const YAML::Node& node, std::string_view key) {
  return static_cast<unsigned>(read_number(node, key, 1, kMostInstances));
}

std::map<std::string, std::string> read_input_files(const YAML::Node& node) {
  if (!node.IsMap() || node.size() == 0) fail(node, "\"inputs\" of \"warmup\" must map inputs to files");
  std::map<std::string, std::string> files;
  for (const auto& entry : node) {
    const std::string input = read_text(entry.first, "inputs");
    if (!files.emplace(input, read_file_name(entry.second, input)).second)
      fail(entry.first, fmt::format("\"{}\" is given twice", input));
  }
  return files;
}

}  // namespace

InstancesConfig read_instances(const YAML::Node& node) {
  if (node.IsScalar()) return {.count = read_count(node, "instances")};
  InstancesConfig instances;
  read_mapping(
      node, "\"instances\"",
      {{"count", [&](const YAML::Node& value) { instances.count = read_count(value, "count"); }},
       {"threads", [&](const YAML::Node& value) { instances.threads = read_count(value, "threads"); }}});
  return instances;
}

WarmupConfig read_warmup(const YAML::Node& node) {
  WarmupConfig warmup;
  read_mapping(node, "\"warmup\"",
               {{"batch_sizes",
                 [&](const YAML::Node& value) {
                   const std::vector<std::int64_t> sizes = read_numbers(value, "batch_sizes", 1, kMostRows);
                   if (sizes.size() > kMostSizes)
                     fail(value, fmt::format("\"batch_sizes\" has more than {} sizes", kMostSizes));
                   warmup.batch_sizes.assign(sizes.begin(), sizes.end());
                 }},
                {"inputs", [&](const YAML::Node& value) { warmup.input_files = read_input_files(value); }}});
  return warmup;
}

SyntheticConfig read_synthetic(const YAML::Node& node) {
  SyntheticConfig synthetic;
  read_mapping(node, "\"synthetic\"",
               {{"base_ms", [&](const YAML::Node& value) { synthetic.base = read_ms(value, "base_ms"); }},
                {"per_item_ms",
                 [&](const YAML::Node& value) { synthetic.per_item = read_ms(value, "per_item_ms"); }}});
  return synthetic;
}

RunPlace read_run(const YAML::Node& node) {
  const std::string name = read_text(node, "run");
  if (name == "loop") return RunPlace::kLoop;
  if (name == "worker") return RunPlace::kWorker;
  fail(node, fmt::format("\"run\" must be loop or worker, got \"{}\"", name));
}

}  // namespace parlance::models::config
