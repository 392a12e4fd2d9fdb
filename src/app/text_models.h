#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "rpc/call_options.h"
#include "rpc/channel.h"

namespace parlance::app {

// Which models of a server make text, asked by KServe's protocol: those with an input `text_input` and an
// output `text_output`.

/// Their names, in order; of ready models.
Result<std::vector<std::string>> text_models(const Channel& channel, const CallOptions& options);

/// Whether `model` is one. Errors as ModelMetadata: NOT_FOUND, UNAVAILABLE.
Result<bool> makes_text(const Channel& channel, std::string_view model, const CallOptions& options);

}  // namespace parlance::app
