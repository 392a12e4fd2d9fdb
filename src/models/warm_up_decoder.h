#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "generation/step_engine.h"

namespace parlance::models {

/// Makes a few tokens, a step each; the shortest step. What it leaves in the pages is for nobody: a page is
/// written before it is read. The step's own status when it fails.
Result<Duration> warm_up_decoder(generation::StepEngine& decoder);

}  // namespace parlance::models
