#pragma once

#include "app/log.h"
#include "dialects/kserve/settings.h"

namespace parlance::app {

/// The log's level in KServe's words, and changed by them: verbose is debug. The log outlives it.
dialects::kserve::LogControl log_control(const Log& log);

}  // namespace parlance::app
