#include "app/config_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ranges>
#include <set>

#include "app/spelling.h"

namespace parlance::app {
namespace {

// What is wrong, with its place: thrown within this file only, beside yaml-cpp's own exceptions.
struct Mistake {
  YAML::Mark at;
  std::string what;
};

std::string place(const std::string& file, const YAML::Mark& at) {
  return at.is_null() ? file : fmt::format("{}:{}", file, at.line + 1);
}

std::vector<std::string_view> setting_names() {
  std::vector<std::string_view> names;
  for (const ServeSetting& setting : serve_settings()) names.push_back(setting.name);
  return names;
}

std::string unknown_key(const std::string& key) {
  const std::vector<std::string_view> names = setting_names();
  const std::string_view close = nearest(key, names);
  return fmt::format("unknown key '{}'{} Keys: {}", key,
                     close.empty() ? "." : fmt::format("; did you mean '{}'?", close),
                     fmt::join(names, ", "));
}

std::string_view kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return "nothing";
}

std::string scalar_of(const YAML::Node& node, const ServeSetting& setting) {
  if (node.IsScalar()) return node.Scalar();
  throw Mistake{node.Mark(), fmt::format("{}: expected {}{}, found {}", setting.name, setting.value_name,
                                         setting.repeats ? " or a list of them" : "", kind_of(node))};
}

void read_setting(const YAML::Node& node, const ServeSetting& setting, ServeConfig& config) {
  std::vector<std::string> values;
  if (setting.repeats && node.IsSequence()) {
    for (const YAML::Node& item : node) values.push_back(scalar_of(item, setting));
    if (values.empty()) throw Mistake{node.Mark(), fmt::format("{}: the list is empty", setting.name)};
  } else {
    values.push_back(scalar_of(node, setting));
  }
  if (const auto assigned = setting.assign(config, values); !assigned) {
    throw Mistake{node.Mark(), fmt::format("{}: {}", setting.name, assigned.error())};
  }
}

void read_document(const YAML::Node& document, ServeConfig& config) {
  if (document.IsNull()) return;
  if (!document.IsMap()) throw Mistake{document.Mark(), "expected keys with values, as in 'threads: 4'"};
  std::set<std::string> seen;
  for (const auto& entry : document) {
    if (!entry.first.IsScalar()) throw Mistake{entry.first.Mark(), "a key must be a word"};
    const std::string& key = entry.first.Scalar();
    const auto setting = std::ranges::find(serve_settings(), key, &ServeSetting::name);
    if (setting == serve_settings().end()) throw Mistake{entry.first.Mark(), unknown_key(key)};
    if (!seen.insert(key).second) throw Mistake{entry.first.Mark(), fmt::format("{} is given twice", key)};
    read_setting(entry.second, *setting, config);
  }
}

}  // namespace

std::expected<void, std::string> read_config_text(const std::string& text, const std::string& name,
                                                  ServeConfig& config) {
  try {
    read_document(YAML::Load(text), config);
  } catch (const Mistake& mistake) {
    return std::unexpected{fmt::format("{}: {}", place(name, mistake.at), mistake.what)};
  } catch (const YAML::Exception& error) {
    return std::unexpected{fmt::format("{}: this is not YAML: {}", place(name, error.mark), error.msg)};
  }
  return {};
}

std::expected<void, std::string> read_config_file(const std::filesystem::path& file, ServeConfig& config) {
  std::ifstream in{file};
  if (!in) return std::unexpected{fmt::format("cannot read {}: {}", file.string(), std::strerror(errno))};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  return read_config_text(text, file.string(), config);
}

}  // namespace parlance::app
