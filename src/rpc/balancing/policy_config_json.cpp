#include "rpc/balancing/policy_config_json.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/concat.h"

namespace parlance::balancing {
namespace {

using detail::JsonFields;
using detail::Presence;
using Json = nlohmann::json;

/// The client's cap on the size of a ring (A42).
constexpr std::uint64_t kRingSizeCap = 4096;
constexpr std::uint64_t kRingSizeLimit = 8'388'608;
constexpr std::uint32_t kMaxChoices = 10;
constexpr Duration kMinWeightUpdatePeriod = std::chrono::milliseconds{100};
constexpr detail::WholeRange kPercent{.low = 0, .high = 100};

std::optional<PolicyConfig> read_list(const JsonFields& owner, std::string_view name);

void keep(std::uint32_t& field, std::optional<std::uint64_t> value) {
  if (value) field = static_cast<std::uint32_t>(*value);
}
void keep(auto& field, const auto& value) {
  if (value) field = *value;
}

PolicyConfig read_pick_first(const JsonFields& fields) {
  return PickFirstConfig{.shuffle_address_list = fields.boolean("shuffleAddressList").value_or(false)};
}

PolicyConfig read_round_robin(const JsonFields& /*fields*/) { return RoundRobinConfig{}; }

PolicyConfig read_weighted_round_robin(const JsonFields& fields) {
  WeightedRoundRobinConfig config;
  keep(config.enable_oob_load_report, fields.boolean("enableOobLoadReport"));
  keep(config.oob_reporting_period, fields.duration_above_zero("oobReportingPeriod", Presence::kOptional));
  keep(config.blackout_period, fields.duration("blackoutPeriod"));
  keep(config.weight_expiration_period, fields.duration("weightExpirationPeriod"));
  keep(config.weight_update_period, fields.duration("weightUpdatePeriod"));
  config.weight_update_period = std::max(config.weight_update_period, kMinWeightUpdatePeriod);
  keep(config.error_utilization_penalty, fields.number_from_zero("errorUtilizationPenalty"));
  return config;
}

PolicyConfig read_least_request(const JsonFields& fields) {
  LeastRequestConfig config;
  keep(config.choice_count, fields.whole("choiceCount", {.low = 2}));
  config.choice_count = std::min(config.choice_count, kMaxChoices);
  return config;
}

/// A76: a name of text metadata.
bool is_hashable_header(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return std::ranges::all_of(name, allowed) && !name.ends_with("-bin");
}

PolicyConfig read_ring_hash(const JsonFields& fields) {
  RingHashConfig config;
  keep(config.min_ring_size, fields.whole("minRingSize", {.low = 1, .high = kRingSizeLimit}));
  keep(config.max_ring_size, fields.whole("maxRingSize", {.low = 1, .high = kRingSizeLimit}));
  keep(config.request_hash_header, fields.text("requestHashHeader"));
  if (config.min_ring_size > config.max_ring_size) {
    fields.problem().say(concat(fields.path_of("minRingSize"), " is ", config.min_ring_size,
                                "; it must be at most maxRingSize, which is ", config.max_ring_size));
  }
  if (!is_hashable_header(config.request_hash_header)) {
    fields.problem().wrong(fields.path_of("requestHashHeader"), *fields.find("requestHashHeader"),
                           "a metadata key of text (letters, digits, '-', '_', '.'; not ending in \"-bin\")");
  }
  config.min_ring_size = std::min(config.min_ring_size, kRingSizeCap);
  config.max_ring_size = std::min(config.max_ring_size, kRingSizeCap);
  return config;
}

OutlierDetectionConfig::SuccessRate read_success_rate(const JsonFields& fields) {
  OutlierDetectionConfig::SuccessRate config;
  keep(config.stdev_factor, fields.whole("stdevFactor", {}));
  keep(config.enforcement_percentage, fields.whole("enforcementPercentage", kPercent));
  keep(config.minimum_hosts, fields.whole("minimumHosts", {}));
  keep(config.request_volume, fields.whole("requestVolume", {}));
  return config;
}

OutlierDetectionConfig::FailurePercentage read_failure_percentage(const JsonFields& fields) {
  OutlierDetectionConfig::FailurePercentage config;
  keep(config.threshold, fields.whole("threshold", kPercent));
  keep(config.enforcement_percentage, fields.whole("enforcementPercentage", kPercent));
  keep(config.minimum_hosts, fields.whole("minimumHosts", {}));
  keep(config.request_volume, fields.whole("requestVolume", {}));
  return config;
}

PolicyConfig read_outlier_detection(const JsonFields& fields) {
  OutlierDetectionConfig config;
  keep(config.interval, fields.duration_above_zero("interval", Presence::kOptional));
  keep(config.base_ejection_time, fields.duration("baseEjectionTime"));
  keep(config.max_ejection_time, fields.duration("maxEjectionTime"));
  keep(config.max_ejection_percent, fields.whole("maxEjectionPercent", kPercent));
  fields.object("successRateEjection",
                [&](const JsonFields& rate) { config.success_rate = read_success_rate(rate); });
  fields.object("failurePercentageEjection", [&](const JsonFields& percentage) {
    config.failure_percentage = read_failure_percentage(percentage);
  });
  if (fields.find("childPolicy") == nullptr) {
    fields.problem().missing(fields.path_of("childPolicy"),
                             "a list of policies, each as in loadBalancingConfig");
  }
  keep(config.child, read_list(fields, "childPolicy"));
  return std::make_shared<const OutlierDetectionConfig>(std::move(config));
}

struct KnownPolicy {
  std::string_view name;
  PolicyConfig (*read)(const JsonFields& fields);
};
constexpr std::array kKnown{
    KnownPolicy{"pick_first", read_pick_first},
    KnownPolicy{"round_robin", read_round_robin},
    KnownPolicy{"weighted_round_robin", read_weighted_round_robin},
    KnownPolicy{"least_request_experimental", read_least_request},
    KnownPolicy{"ring_hash_experimental", read_ring_hash},
    KnownPolicy{"outlier_detection_experimental", read_outlier_detection},
};

const KnownPolicy* find_known(std::string_view name) {
  const auto found = std::ranges::find(kKnown, name, &KnownPolicy::name);
  return found == kKnown.end() ? nullptr : found;
}

std::string known_names() {
  std::string names;
  for (const KnownPolicy& policy : kKnown) names += (names.empty() ? "" : ", ") + std::string{policy.name};
  return names;
}

/// The policy of one list entry, {"name": {…}}; nothing when the name is not known.
std::optional<PolicyConfig> read_entry(const JsonFields& entry) {
  if (entry.json().size() != 1) {
    entry.problem().wrong(entry.path(), entry.json(), "an object with one field, named as the policy");
    return std::nullopt;
  }
  const auto field = entry.json().begin();
  const KnownPolicy* known = find_known(field.key());
  if (known == nullptr) return std::nullopt;
  return known->read(JsonFields{field.value(), entry.path_of(field.key()), entry.problem()});
}

std::optional<PolicyConfig> read_list(const JsonFields& owner, std::string_view name) {
  std::optional<PolicyConfig> chosen;
  const bool present = owner.each_object(name, [&](const JsonFields& entry) {
    if (!chosen) chosen = read_entry(entry);
  });
  if (present && !chosen) {
    owner.problem().wrong(owner.path_of(name), *owner.find(name),
                          "a list with one of the policies " + known_names());
  }
  return chosen;
}

std::optional<PolicyConfig> read_older_field(const JsonFields& service_config) {
  constexpr std::string_view kField = "loadBalancingPolicy";
  std::optional<std::string> name = service_config.text(kField);
  if (!name) return std::nullopt;
  for (char& c : *name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (*name == "round_robin") return RoundRobinConfig{};
  if (*name == "pick_first") return PickFirstConfig{};
  service_config.problem().wrong(service_config.path_of(kField), *service_config.find(kField),
                                 "round_robin or pick_first; use loadBalancingConfig for others");
  return std::nullopt;
}

}  // namespace

std::optional<PolicyConfig> read_policy(const JsonFields& service_config) {
  if (service_config.find("loadBalancingConfig") != nullptr)
    return read_list(service_config, "loadBalancingConfig");
  return read_older_field(service_config);
}

}  // namespace parlance::balancing
