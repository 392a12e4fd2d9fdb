#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/call_target.h"

namespace parlance::app {

/// What `parlance bench` can be told.
struct BenchRequest : CallTarget {
  bool binary = false;  // the data are the bytes of one message
  unsigned connections = 1;
  unsigned streams = 1;
  unsigned threads = 1;
  Duration duration = std::chrono::seconds{10};  // of each step
  std::uint64_t calls = 0;                       // in place of the duration; 0: by time
  Duration warm_up = std::chrono::seconds{1};
  Duration grace = std::chrono::seconds{5};
  std::vector<double> rates;   // of an open loop, a step each; none: closed loop
  std::uint64_t messages = 0;  // on each request stream; 0: as many as the data have
  std::uint64_t pipeline = 0;  // of a bidi stream; 0: no limit
  bool json = false;
  std::string svg_file;  // empty: none
};

/// `parlance bench`: progress to stderr, results to stdout. Returns the exit code: 0, the gRPC status code of
/// the most frequent failure when calls failed, or one of exit_codes.h.
int bench(const BenchRequest& request);

}  // namespace parlance::app
