#pragma once

#include <optional>

#include "rpc/balancing/policy_config.h"
#include "rpc/json_fields.h"

namespace parlance::balancing {

/// The policy that a service config asks for: of `loadBalancingConfig` the first that is known here (A24), or
/// that of the older `loadBalancingPolicy`. Nothing when neither field is there, or when what is there is
/// wrong, which is told to the problem.
std::optional<PolicyConfig> read_policy(const detail::JsonFields& service_config);

}  // namespace parlance::balancing
