#pragma once

namespace parlance::app {

/// The program `parlance`: reads the command line and runs the command. Returns the exit code.
int run(int argument_count, const char* const* arguments);

}  // namespace parlance::app
