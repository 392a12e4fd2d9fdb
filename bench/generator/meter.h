#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace bench {

/// Counts what is answered between begin() and end(), and what the server and this process spent meanwhile.
class Meter {
 public:
  explicit Meter(pid_t server_pid) : server_pid_(server_pid) {}

  void begin();
  void end();
  /// A call, message or connection that took so long; counted only in between.
  void answered(std::int64_t latency_ns);
  bool any_answer() const { return !latencies_ns_.empty(); }
  /// One more message that is no answer of its own (a token).
  void message() { messages_ += running_ ? 1U : 0U; }
  /// Counted whenever it happens.
  void error(std::string_view why) { ++errors_[std::string{why}]; }
  void missed() { ++missed_; }
  /// A connection whose TLS session was taken up.
  void resumed() { resumed_ += running_ ? 1U : 0U; }
  void memory(std::string_view name, double bytes) { memory_[std::string{name}] = bytes; }

  /// One line of JSON: answers, messages, seconds, server_cpu_ns, generator_cpu_ns, p50_us, p99_us, p999_us,
  /// missed, errors (what and how often), and what memory() was told.
  std::string to_json() const;

 private:
  double percentile_us(double share) const;

  pid_t server_pid_;
  bool running_ = false;
  std::int64_t time_ns_ = 0;
  std::int64_t server_cpu_ns_ = 0;
  std::int64_t own_cpu_ns_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t missed_ = 0;
  std::uint64_t resumed_ = 0;
  std::vector<std::uint32_t> latencies_ns_;
  std::map<std::string, std::uint64_t> errors_;
  std::map<std::string, double> memory_;
};

}  // namespace bench
