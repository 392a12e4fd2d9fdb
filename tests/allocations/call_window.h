#pragma once

namespace parlance::testing {

/// How often calls are made: those before something is measured, and those in which it is.
struct CallCounts {
  unsigned warm_up = 2000;
  unsigned measured = 1000;
};

/// Told of every call by one side's thread. Calls `begin` with the last one of the warm-up and `end` with the
/// last one that is measured.
template <typename Begin, typename End>
class CallWindow {
 public:
  CallWindow(const CallCounts& counts, Begin begin, End end) : counts_(counts), begin_(begin), end_(end) {}

  void operator()() {
    ++seen_;
    if (seen_ == counts_.warm_up) begin_();
    if (seen_ == counts_.warm_up + counts_.measured) end_();
  }

 private:
  const CallCounts counts_;
  Begin begin_;
  End end_;
  unsigned seen_ = 0;
};

}  // namespace parlance::testing
