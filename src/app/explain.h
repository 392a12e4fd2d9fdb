#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace parlance::app {

/// A status for a person: what happened and where, the limit and what was there, what to change, whether a
/// retry helps, where the docs have more. A status without details is explained by its code, and says so.
std::string explanation(const Status& status);

/// `parlance explain`: the explanation of the error in `text` ("-": of stdin) to stdout. Returns the exit
/// code: kExitData when no error is found in it.
int explain(std::string_view text);

}  // namespace parlance::app
