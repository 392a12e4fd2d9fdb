#include "load/load_run.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "rpc/wait.h"

namespace parlance::load {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

double per_second(std::uint64_t count, Duration time) {
  return time <= Duration::zero() ? 0 : static_cast<double>(count) / seconds(time);
}

// What `work` returns on the loop's thread.
template <typename Work>
auto run_on(net::Loop& loop, Work work) {
  using Value = std::invoke_result_t<Work>;
  std::packaged_task<Value()> task{std::move(work)};
  std::future<Value> value = task.get_future();
  loop.post([task = std::move(task)]() mutable { task(); });
  return value.get();
}

Task<void> connect_and_tell(Worker& worker, Deadline deadline, std::promise<Status>& told) {
  Status status = co_await worker.connect(deadline);
  told.set_value(std::move(status));
}

}  // namespace

double StepResult::calls_per_second() const { return per_second(tally.finished, length); }

LoadRun::LoadRun(Plan plan) : plan_(std::move(plan)) {
  for (unsigned i = 0; i < plan_.threads; ++i) {
    Part& part = *parts_.emplace_back(std::make_unique<Part>());
    net::Loop& loop = part.thread.loop();
    run_on(loop, [&] { part.worker = std::make_unique<Worker>(plan_, loop, i); });
  }
}

LoadRun::~LoadRun() {
  stop();
  while (!done()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  for (const auto& part : parts_) run_on(part->thread.loop(), [&] { part->worker.reset(); });
}

Status LoadRun::connect(Deadline deadline) {
  std::vector<std::promise<Status>> told(parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    spawn(parts_[i]->thread.loop(), connect_and_tell(*parts_[i]->worker, deadline, told[i]));
  }
  Status first;
  for (std::promise<Status>& promise : told) {
    const Status status = promise.get_future().get();
    if (first.ok()) first = status;
  }
  return first;
}

void LoadRun::begin() {
  running_ = parts_.size();
  began_at_ = asked_at_ = Clock::now();
  for (const auto& part : parts_) {
    part->thread.loop().post([this, worker = part->worker.get()] {
      worker->begin([this] { running_.fetch_sub(1, std::memory_order_release); });
    });
  }
}

void LoadRun::stop() {
  if (done()) return;
  for (const auto& part : parts_) run_on(part->thread.loop(), [&] { part->worker->stop(); });
}

Progress LoadRun::progress() {
  Histogram recent;
  Progress progress;
  std::uint64_t calls = 0;
  std::uint64_t messages = 0;
  std::size_t phase = 0;
  for (const auto& part : parts_) {
    const Snapshot snapshot = run_on(part->thread.loop(), [&] { return part->worker->snapshot(); });
    recent.merge(snapshot.recent);
    calls += snapshot.ended;
    messages += snapshot.messages_received;
    progress.failed += snapshot.failed;
    phase = std::max(phase, snapshot.phase);
  }
  const TimePoint now = Clock::now();
  const std::size_t warm_ups = plan_.warm_up > Duration::zero() ? 1 : 0;
  progress.elapsed = now - began_at_;
  progress.warming_up = phase < warm_ups;
  progress.step = progress.warming_up ? 0 : phase - warm_ups;
  progress.calls_per_second = per_second(calls - std::exchange(calls_before_, calls), now - asked_at_);
  progress.messages_per_second =
      per_second(messages - std::exchange(messages_before_, messages), now - asked_at_);
  progress.p50 = recent.percentile(50);
  progress.p99 = recent.percentile(99);
  asked_at_ = now;
  return progress;
}

std::vector<StepResult> LoadRun::results() const {
  std::vector<StepResult> results;
  const std::size_t warm_ups = plan_.warm_up > Duration::zero() ? 1 : 0;
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    StepResult result{.step = plan_.steps[i], .length = Duration::zero(), .tally = {}};
    for (const auto& part : parts_) {
      result.length = std::max(result.length, part->worker->lengths()[i + warm_ups]);
      result.tally.merge(part->worker->tallies()[i + warm_ups]);
    }
    if (result.length > Duration::zero()) results.push_back(std::move(result));
  }
  return results;
}

}  // namespace parlance::load
