#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/virtual_clock.h"
#include "net/loop.h"

namespace parlance::simulation {

/// A world on virtual time in which everything left to chance comes from one seed: loops stepped in turn on
/// this thread, events in order of time, and a trace of what happened. The same seed gives the same trace.
/// One a thread at a time.
class Simulation {
 public:
  using Job = std::move_only_function<void()>;

  /// `print_trace`: every note goes to stderr as it is made.
  explicit Simulation(std::uint64_t seed, bool print_trace = false);
  ~Simulation() { end(); }
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Chance.
  /// 0 to `bound` − 1; `bound` at least 1.
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool chance(double probability) { return std::uniform_real_distribution{0.0, 1.0}(random_) < probability; }
  Duration between(Duration least, Duration most);
  /// Each order of magnitude as likely as another; `least` at least 1.
  std::size_t size_between(std::size_t least, std::size_t most);

  // Time.
  TimePoint now() const { return clock_.now(); }
  Duration elapsed() const { return now() - kStart; }
  void after(Duration time, Job job) {
    events_.emplace(std::pair{now() + time, next_event_++}, std::move(job));
  }
  /// Nothing runs for `time`, as when the machine was suspended.
  void step_clock(Duration time);
  /// The sum of those steps so far: how much later than due things may happen.
  Duration stepped() const { return stepped_; }

  /// A loop that runs from now on, until the end of the simulation.
  net::Loop& add_loop();
  /// Lets things happen until `reached`. A violation when that takes longer than `limit`, or when nothing is
  /// left that could happen.
  void run_until(const std::function<bool()>& reached, Duration limit, std::string_view what);
  /// Lets `time` pass.
  void run_for(Duration time);

  /// Destroys the loops and drops what would have happened; references to loops dangle.
  void end();

  // What happened.
  void note(std::string_view what);
  /// Something that must never happen has.
  void violated(std::string what);
  /// Of the notes and their times.
  std::uint64_t trace_hash() const { return trace_hash_; }
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  static constexpr TimePoint kStart{std::chrono::hours{1}};

  void drop_events();
  bool step_a_loop();
  TimePoint next_moment() const;
  bool advance(TimePoint limit);

  VirtualClock clock_{kStart};
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<net::Loop>> loops_;
  std::map<std::pair<TimePoint, std::uint64_t>, Job> events_;
  std::uint64_t next_event_ = 0;
  std::size_t turns_ = 0;
  Duration stepped_{};
  const bool print_trace_;
  std::uint64_t trace_hash_;
  std::vector<std::string> violations_;
};

}  // namespace parlance::simulation
