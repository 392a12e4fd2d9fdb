#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

// Far above what is of use: a batch is held in memory as a whole, and so is a queue.
constexpr std::int64_t kMostWaiting = 1'000'000;

/// What a controller may use when it is given a target and nothing else: past so many rows an engine on a
/// processor gains nothing any more.
constexpr std::size_t kRowsForTarget = 64;

QueueOrder read_order(const YAML::Node& node) {
  const std::string name = read_text(node, "order");
  if (name == "deadline") return QueueOrder::kDeadline;
  if (name == "arrival") return QueueOrder::kArrival;
  fail(node, fmt::format("\"order\" must be deadline or arrival, got \"{}\"", name));
}

Duration at_least_some(const YAML::Node& node, std::string_view key, Duration value) {
  if (value == Duration::zero()) fail(node, fmt::format("\"{}\" must be more than 0", key));
  return value;
}

}  // namespace

BatchingConfig batching_for(Duration target_p99) {
  BatchingConfig batching;
  batching.max_batch = kRowsForTarget;
  batching.target_p99 = target_p99;
  return batching;
}

BatchingConfig read_batching(const YAML::Node& node) {
  BatchingConfig batching;
  std::optional<std::size_t> max_batch;
  std::optional<Duration> max_delay;
  const auto set_target = [&](const YAML::Node& value, std::string_view key, Duration target) {
    if (batching.target_p99) fail(value, "\"target_p99\" is given twice");
    batching.target_p99 = at_least_some(value, key, target);
  };
  const auto set_delay = [&](const YAML::Node& value, Duration delay) {
    if (max_delay) fail(value, "\"max_delay_ms\" is given twice");
    max_delay = delay;
  };
  const auto delay_ms = [&](const YAML::Node& value) { set_delay(value, read_ms(value, "max_delay_ms")); };
  const auto delay_us = [&](const YAML::Node& value) {
    set_delay(value, read_us(value, "max_queue_delay_microseconds"));
  };
  read_mapping(
      node, "\"batching\"",
      {{"max_batch",
        [&](const YAML::Node& value) {
          max_batch = static_cast<std::size_t>(read_number(value, "max_batch", 1, kMostRows));
        },
        "max_batch_size"},
       {"max_delay_ms", delay_ms},
       {"max_queue_delay_microseconds", delay_us},
       {"target_p99",
        [&](const YAML::Node& value) {
          set_target(value, "target_p99", read_duration(value, "target_p99"));
        }},
       {"target_p99_ms",
        [&](const YAML::Node& value) {
          set_target(value, "target_p99_ms", read_ms(value, "target_p99_ms"));
        }},
       {"preferred",
        [&](const YAML::Node& value) {
          const std::vector<std::int64_t> sizes = read_numbers(value, "preferred", 1, kMostRows);
          batching.preferred.assign(sizes.begin(), sizes.end());
        },
        "preferred_batch_size"},
       {"pad", [&](const YAML::Node& value) { batching.pad = read_bool(value, "pad"); }},
       {"preserve_order",
        [&](const YAML::Node& value) { batching.preserve_order = read_bool(value, "preserve_order"); },
        "preserve_ordering"}});
  if (!max_batch && !batching.target_p99) fail(node, "\"batching\" needs max_batch or target_p99");
  batching.max_batch = max_batch.value_or(kRowsForTarget);
  batching.max_delay = max_delay.value_or(Duration::zero());
  if (!batching.preferred.empty() && batching.preferred.back() > batching.max_batch)
    fail(node, fmt::format("\"preferred\" has {}, which is more than max_batch {}", batching.preferred.back(),
                           batching.max_batch));
  if (batching.pad && batching.preferred.empty())
    fail(node, "\"pad\" fills up to a preferred size: it needs preferred");
  return batching;
}

QueueConfig read_queue(const YAML::Node& node) {
  QueueConfig queue;
  read_mapping(node, "\"queue\"",
               {{"max_size",
                 [&](const YAML::Node& value) {
                   queue.max_size = static_cast<std::size_t>(read_number(value, "max_size", 1, kMostWaiting));
                 },
                 "max_queue_size"},
                {"order", [&](const YAML::Node& value) { queue.order = read_order(value); }},
                {"default_timeout_ms", [&](const YAML::Node& value) {
                   queue.default_timeout =
                       at_least_some(value, "default_timeout_ms", read_ms(value, "default_timeout_ms"));
                 }}});
  return queue;
}

std::uint32_t read_priority(const YAML::Node& node) {
  return static_cast<std::uint32_t>(
      read_number(node, "priority", 1, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace parlance::models::config
