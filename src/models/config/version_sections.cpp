#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

constexpr std::int64_t kHighestVersion = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMostLabels = 64;

VersionsConfig::Policy read_policy(const YAML::Node& node) {
  const std::string name = read_text(node, "policy");
  if (name == "all") return VersionsConfig::Policy::kAll;
  if (name == "latest") return VersionsConfig::Policy::kLatest;
  if (name == "specific") return VersionsConfig::Policy::kSpecific;
  fail(node, fmt::format("\"policy\" must be all, latest or specific, got \"{}\"", name));
}

bool is_number(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::map<std::string, std::int64_t> read_version_labels(const YAML::Node& node) {
  if (!node.IsMap() || node.size() == 0) fail(node, "\"labels\" must map labels to versions");
  if (node.size() > kMostLabels) fail(node, fmt::format("\"labels\" has more than {} labels", kMostLabels));
  std::map<std::string, std::int64_t> labels;
  for (const auto& entry : node) {
    const std::string label = read_text(entry.first, "labels");
    if (is_number(label))
      fail(entry.first, fmt::format("\"{}\" cannot be a label: it is a version's number", label));
    if (!labels.emplace(label, read_number(entry.second, label, 1, kHighestVersion)).second)
      fail(entry.first, fmt::format("\"{}\" is given twice", label));
  }
  return labels;
}

void check_default(const YAML::Node& node, const VersionsConfig& versions) {
  const std::string& name = versions.default_label;
  if (!name.empty() && !is_number(name) && !versions.labels.contains(name))
    fail(node, fmt::format("\"default\" is \"{}\", which is neither a label nor a version's number", name));
}

VersionsConfig read_versions(const YAML::Node& node) {
  using Policy = VersionsConfig::Policy;
  VersionsConfig versions;
  bool has_count = false;
  if (node.IsScalar()) {
    versions.policy = read_policy(node);
    if (versions.policy == Policy::kSpecific) fail(node, "the policy specific needs numbers");
    return versions;
  }
  read_mapping(
      node, "\"versions\"",
      {{"policy", [&](const YAML::Node& value) { versions.policy = read_policy(value); }},
       {"count",
        [&](const YAML::Node& value) {
          versions.latest = static_cast<std::size_t>(read_number(value, "count", 1, 1'000'000));
          has_count = true;
        },
        "num_versions"},
       {"numbers",
        [&](const YAML::Node& value) {
          versions.specific = read_numbers(value, "numbers", 1, kHighestVersion);
        }},
       {"labels", [&](const YAML::Node& value) { versions.labels = read_version_labels(value); }},
       {"default", [&](const YAML::Node& value) { versions.default_label = read_text(value, "default"); }}});
  if (has_count && versions.policy != Policy::kLatest) fail(node, "\"count\" belongs to the policy latest");
  if (!versions.specific.empty() != (versions.policy == Policy::kSpecific))
    fail(node, "\"numbers\" and the policy specific need each other");
  return versions;
}

}  // namespace parlance::models::config
