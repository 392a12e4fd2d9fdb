#pragma once

#include <string>

namespace parlance::app {

/// Tells on stderr what is wrong with the command line. Returns the exit code, kExitUsage.
int usage_error(const std::string& text);

}  // namespace parlance::app
