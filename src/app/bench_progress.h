#pragma once

#include <string>

#include "load/load_run.h"

namespace parlance::app {

/// What a run has come to, on one line: "12.0 s  152,461 calls/s  p50 612 µs  p99 1.10 ms  3 failed".
std::string progress_text(const load::Progress& progress, const load::Plan& plan);

/// Shows a run on stderr: a bar and a line that is drawn anew on a terminal; elsewhere plain lines, one a
/// second or one a twentieth of the whole, whichever is rarer.
class BenchProgress {
 public:
  explicit BenchProgress(const load::Plan& plan);

  /// How long to wait until the next show().
  Duration interval() const { return interval_; }
  void show(const load::Progress& progress);
  /// Clears the line.
  void end();

 private:
  const load::Plan& plan_;
  const bool terminal_;
  Duration total_;  // zero: until a number of calls
  Duration interval_;
};

}  // namespace parlance::app
