#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "load/arrivals.h"
#include "load/plan.h"
#include "load/slot.h"
#include "load/tally.h"
#include "net/loop.h"
#include "rpc/channel.h"

namespace parlance::load {

/// What a worker has seen since it was asked last, and its totals.
struct Snapshot {
  std::size_t phase = 0;
  Histogram recent;
  std::uint64_t ended = 0;  // calls in all, those of the warm-up too
  std::uint64_t failed = 0;
  std::uint64_t messages_received = 0;
};

/// One loop's share of a load: its connections, their slots, its part of the schedule, and the counts. Made
/// anywhere; everything else on its loop only, unless said otherwise.
///
/// Its phases are the warm-up, if there is one, and the steps. A phase ends at its time, whatever runs; the
/// last one by its number of calls if the plan has one.
class Worker {
 public:
  /// Takes every `plan.threads`-th connection and moment. The plan must outlive it.
  Worker(const Plan& plan, net::Loop& loop, unsigned index);
  ~Worker();

  /// Ready when every connection is, or with why one is not.
  Task<Status> connect(Deadline deadline);
  /// From now on calls are made. `on_done` is called on this loop when the last has ended.
  void begin(net::Loop::Job on_done);
  /// No more calls begin, those under way are cancelled.
  void stop();

  Snapshot snapshot();
  /// A tally a phase, and how long the phases took; after the end.
  const std::vector<Tally>& tallies() const { return tallies_; }
  const std::vector<Duration>& lengths() const { return lengths_; }

  // --- for its slots
  const Plan& plan() const { return plan_; }
  net::Loop& loop() const { return loop_; }
  const FramedRequest& request(std::size_t index) const { return requests_[index]; }
  /// Grants the slot a call if one is to be made now. False when it is not yet known whether there will be.
  bool settle_next(Slot& slot);
  void keep_waiting(Slot& slot);
  void on_call_ended(std::size_t phase, Duration latency, const Status& status);
  void on_sent(std::size_t size_bytes);
  void on_received(std::size_t size_bytes);
  void on_slot_done();
  Tally& tally(std::size_t phase) { return tallies_[phase]; }
  /// No more calls begin.
  bool ending() const { return ending_; }

 private:
  struct PhaseTimer final : TimerNode {
    explicit PhaseTimer(Worker& of) : worker(of) {}
    void on_timer() override { worker.on_phase_end(); }
    Worker& worker;
  };
  struct ArrivalTimer final : TimerNode {
    explicit ArrivalTimer(Worker& of) : worker(of) {}
    void on_timer() override { worker.on_arrival(); }
    Worker& worker;
  };

  Tally& current() { return tallies_[phase_]; }
  bool is_last_phase() const { return phase_ + 1 == phases_.size(); }
  bool counts_calls() const { return plan_.calls > 0 && is_last_phase(); }
  bool is_open_loop() const { return phases_[phase_].per_second > 0; }
  bool no_more_calls() const;
  void enter(std::size_t phase, TimePoint at);
  void leave(TimePoint at);
  void on_phase_end();
  void on_arrival();
  void arm_arrival();
  void finish(TimePoint at);
  void cancel_all();
  void wake_all();

  const Plan& plan_;
  net::Loop& loop_;
  const unsigned index_;
  std::vector<FramedRequest> requests_;
  std::vector<Step> phases_;
  std::vector<Tally> tallies_;
  std::vector<Duration> lengths_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::unique_ptr<Slot>> slots_;
  net::Loop::Job on_done_;

  std::size_t phase_ = 0;
  TimePoint entered_at_;
  Duration cpu_at_entry_ = Duration::zero();
  Arrivals arrivals_;
  std::uint64_t calls_left_ = 0;
  std::deque<Slot*> waiting_;  // for their next call
  std::size_t running_ = 0;    // slots
  bool ending_ = false;
  PhaseTimer phase_timer_{*this};
  ArrivalTimer arrival_timer_{*this};

  Histogram recent_;
  std::uint64_t ended_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace parlance::load
