#pragma once

#include <optional>
#include <string>

#include "models/grammar/text_format.h"

namespace parlance::models {

/// Why `format` is not even compiled, for the caller to read; nothing for one that may be.
std::optional<std::string> problem_of(const TextFormat& format, const FormatLimits& limits);

}  // namespace parlance::models
