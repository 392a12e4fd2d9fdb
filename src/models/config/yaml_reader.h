#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"

// How the values of model.yaml are read. Included by this folder's sources only. yaml-cpp reports by
// exception, and so do these: parse_model_config() is the one place where either becomes a Status.
namespace parlance::models::config {

/// What is wrong, and on which line.
struct ConfigError {
  int line;
  std::string what;
};

[[noreturn]] void fail(const YAML::Node& node, std::string what);

/// A key of a mapping, and what reads its value.
struct Key {
  std::string_view name;
  std::function<void(const YAML::Node&)> read;
  /// Another name of the same key, as other servers have it; empty: none.
  std::string_view alias = {};
};

/// Reads the mapping `node`, which `what` names in errors. Every key must be among `keys`, each at most once
/// under whichever of its names.
void read_mapping(const YAML::Node& node, std::string_view what, const std::vector<Key>& keys);

/// Each of these fails with `key` in its words when the value is of another kind or out of its range.
std::string read_text(const YAML::Node& node, std::string_view key);
std::vector<std::string> read_texts(const YAML::Node& node, std::string_view key);
/// A file name that stays inside the model's folder.
std::string read_file_name(const YAML::Node& node, std::string_view key);
bool read_bool(const YAML::Node& node, std::string_view key);
/// A whole number from `least` to `most`.
std::int64_t read_number(const YAML::Node& node, std::string_view key, std::int64_t least, std::int64_t most);
/// A list of different such numbers, at least one; sorted.
std::vector<std::int64_t> read_numbers(const YAML::Node& node, std::string_view key, std::int64_t least,
                                       std::int64_t most);
/// A number of milliseconds or microseconds, perhaps with a fraction, of at most a day.
Duration read_ms(const YAML::Node& node, std::string_view key);
Duration read_us(const YAML::Node& node, std::string_view key);
/// A number and its unit: 500us, 50ms, 1.5s or 2m; at most a day.
Duration read_duration(const YAML::Node& node, std::string_view key);

}  // namespace parlance::models::config
