#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_config.h"

// The sections of model.yaml, a file a group. Included by this folder's sources only; errors as in
// yaml_reader.h.
namespace parlance::models::config {

/// Of a run: more than any engine makes sense with.
inline constexpr std::int64_t kMostRows = 65'536;

// tensor_sections.cpp
std::vector<TensorSpec> read_specs(const YAML::Node& node, std::string_view key);
RawInputConfig read_raw_input(const YAML::Node& node);
SequenceConfig read_sequence(const YAML::Node& node);
EmbeddingConfig read_embedding(const YAML::Node& node);

// scheduling_sections.cpp
BatchingConfig read_batching(const YAML::Node& node);
/// Batching by target alone.
BatchingConfig batching_for(Duration target_p99);
QueueConfig read_queue(const YAML::Node& node);
std::uint32_t read_priority(const YAML::Node& node);

// loading_sections.cpp
InstancesConfig read_instances(const YAML::Node& node);
WarmupConfig read_warmup(const YAML::Node& node);
SyntheticConfig read_synthetic(const YAML::Node& node);
RunPlace read_run(const YAML::Node& node);

// python_section.cpp
PythonConfig read_python(const YAML::Node& node);

// generation_section.cpp
GenerationConfig read_generation(const YAML::Node& node);

// version_sections.cpp
/// Its labels may stand elsewhere: the default is checked by check_default(), when all are known.
VersionsConfig read_versions(const YAML::Node& node);
std::map<std::string, std::int64_t> read_version_labels(const YAML::Node& node);
/// Fails at `node` when the default is neither a label nor a version's number.
void check_default(const YAML::Node& node, const VersionsConfig& versions);

}  // namespace parlance::models::config
