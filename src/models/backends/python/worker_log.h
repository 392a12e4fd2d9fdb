#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/deadline.h"

namespace parlance::models::python {

/// Where lines go that a model's code writes.
using LogLines = std::function<void(std::string_view line)>;

/// What a worker writes to standard output and error, as lines of UTF-8: each cut at kLongestLine bytes, at
/// most kLinesASecond of them, and a line that says how many were left out. Knows no clock.
class WorkerLog {
 public:
  explicit WorkerLog(LogLines sink) : sink_(std::move(sink)) {}

  void add(std::string_view text, TimePoint now);
  /// Nothing more comes: what is left is a line, too.
  void end(TimePoint now);
  /// The last line that was not blank, whether it was let through or not.
  const std::string& last_line() const { return last_line_; }

  static constexpr std::size_t kLongestLine = 2048;
  static constexpr std::size_t kLinesASecond = 100;

 private:
  void finish_line(TimePoint now);
  void tell_left_out();

  LogLines sink_;
  std::string line_;
  bool cut_ = false;
  std::string last_line_;
  TimePoint second_{};  // when the current second began
  std::size_t in_second_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace parlance::models::python
