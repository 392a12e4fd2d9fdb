#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace parlance::models {

/// How a program ended, and the end of what it wrote to standard output and error together.
struct ProgramOutcome {
  int exit_code = -1;  // -1: a signal ended it
  std::string text;    // at most 64 KiB

  /// The last line, without its end: what the programs of this repository put there is an answer or the
  /// reason for a failure.
  std::string last_line() const;
};

/// Runs a program (`arguments[0]`, looked for on PATH) to its end, as spawn() starts it. `is_wanted`, when
/// given, is asked ten times a second: when it says no the program and all that it started are interrupted
/// (SIGINT), and killed when they have not ended five seconds later. Blocking.
///
/// FAILED_PRECONDITION in words when it cannot be started.
Result<ProgramOutcome> run_program(std::vector<std::string> arguments,
                                   const std::function<bool()>& is_wanted = {});

}  // namespace parlance::models
