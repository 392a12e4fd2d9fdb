#pragma once

#include <functional>

/// The client programs of the benchmark: each keeps so many calls in flight on one connection to a server,
/// and says on stdout when the measured time begins ("begin") and what was answered in it ("end ANSWERS
/// ERRORS"). Whoever started it reads its CPU time at both lines.
namespace bench {

struct ClientOptions {
  int port = 0;
  unsigned in_flight = 100;
  double warm_up_s = 0.3;
  double duration_s = 1;
};

struct ClientCounts {
  long answers = 0;
  long errors = 0;
};

/// Reads --port, --in-flight, --warm-up and --duration; ends the process when they are wrong.
ClientOptions read_client_options(int count, char** arguments);
/// Says "begin" after the warm-up and "end" after the measured time, with what `counts` grew by, and ends the
/// process: calls in flight are of no interest any more.
[[noreturn]] void tell_window(const ClientOptions& options, const std::function<ClientCounts()>& counts);

}  // namespace bench
