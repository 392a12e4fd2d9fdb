#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

// What nobody means: a mistake in such a number would show as memory that runs out, long after the start.
constexpr std::int64_t kMostCacheMb = 1024 * 1024;
constexpr std::int64_t kMostSequences = 65'536;
constexpr std::int64_t kMostTokens = 16 * 1024 * 1024;

}  // namespace

GenerationConfig read_generation(const YAML::Node& node) {
  GenerationConfig generation;
  const auto number = [](std::string_view key, std::size_t& target, std::int64_t least, std::int64_t most) {
    return Key{key, [=, &target](const YAML::Node& value) {
                 target = static_cast<std::size_t>(read_number(value, key, least, most));
               }};
  };
  read_mapping(
      node, "\"generation\"",
      {number("cache_mb", generation.cache_mb, 1, kMostCacheMb),
       number("max_running", generation.max_running, 1, kMostSequences),
       number("max_waiting", generation.max_waiting, 0, kMostSequences),
       number("step_tokens", generation.step_tokens, 1, kMostTokens),
       number("window", generation.window, 1, kMostSequences),
       number("max_tokens", generation.max_tokens, 1, kMostTokens),
       number("context", generation.context, 2, kMostTokens),
       {"prefix_cache",
        [&](const YAML::Node& value) { generation.prefix_cache = read_bool(value, "prefix_cache"); }},
       {"slow_reader",
        [&](const YAML::Node& value) { generation.slow_reader = read_duration(value, "slow_reader"); }}});
  return generation;
}

}  // namespace parlance::models::config
