#pragma once

#include <vector>

#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "rpc/written.h"
#include "scheduling/statistics.h"

namespace parlance::dialects::kserve {

/// The counters of the model and version that the request names, or of all. What this protocol counts as
/// failed are requests that ended otherwise than with an answer. NOT_FOUND when the request names what was
/// never counted.
Result<Written<::inference::ModelStatisticsResponseFields>> write_statistics(
    const ::inference::ModelStatisticsRequestView& request,
    const std::vector<scheduling::VersionStatistics>& statistics);

}  // namespace parlance::dialects::kserve
