#include "net/loop.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "net/reactor.h"

namespace parlance::net {
namespace {

thread_local Loop* current_loop = nullptr;

}  // namespace

TurnEnd::~TurnEnd() {
  require(next_ == nullptr, "TurnEnd: destroyed while it waits for the end of the turn");
}

struct LoopHandle::Mailbox {
  std::mutex mutex;
  Loop* loop = nullptr;               // guarded by mutex; null when the loop is gone
  std::vector<Job> jobs;              // guarded by mutex
  std::atomic<bool> is_full = false;  // jobs are there: looked at without the lock
  std::shared_ptr<const Waker> waker;
};

Loop::Loop()
    : reactor_(std::make_unique<Reactor>()),
      handle_(std::make_shared<LoopHandle::Mailbox>()),
      now_(Clock::now()),
      read_buffer_(new std::byte[kReadBufferBytes]) {
  handle_.mailbox_->loop = this;
  handle_.mailbox_->waker = reactor_->waker();
}

// What jobs and locals own may still use the loop while it is destroyed, so they go first.
Loop::~Loop() {
  std::vector<Job> unrun;
  {
    const std::lock_guard lock{handle_.mailbox_->mutex};
    handle_.mailbox_->loop = nullptr;
    unrun.swap(handle_.mailbox_->jobs);
  }
  unrun.clear();
  locals_.clear();
}

Loop* Loop::current() { return current_loop; }

void Loop::run() {
  require(current_loop == nullptr, "Loop::run: this thread already runs a loop");
  current_loop = this;
  while (!std::exchange(stopped_, false)) turn();
  current_loop = nullptr;
}

void Loop::stop() {
  post([this] { stopped_ = true; });
}

void Loop::turn() {
  const bool has_jobs = handle_.mailbox_->is_full.load(std::memory_order_acquire);
  reactor_->wait(has_jobs ? TimePoint::min() : next_timer());
  run_mailbox();
  reactor_->tell_ready();
  fire_timers();
  end_turn();
}

bool Loop::step() {
  Loop* const stepping = std::exchange(current_loop, this);
  reactor_->wait(TimePoint::min());
  bool worked = run_mailbox();
  worked |= reactor_->tell_ready();
  worked |= fire_timers();
  worked |= first_ending_ != nullptr;
  end_turn();
  current_loop = stepping;
  return worked;
}

// Whether any was due.
bool Loop::fire_timers() {
  if (timers_.empty()) return false;
  begin_event();
  if (timers_.next() > now_) return false;
  timers_.fire(now_);
  return true;
}

bool LoopHandle::post(Job job) const {
  {
    const std::lock_guard lock{mailbox_->mutex};
    if (mailbox_->loop == nullptr) return false;
    mailbox_->jobs.push_back(std::move(job));
    // The loop itself looks before it waits.
    if (mailbox_->is_full.exchange(true, std::memory_order_acq_rel) || mailbox_->loop->is_current())
      return true;
  }
  mailbox_->waker->wake();  // who wakes up wants the lock
  return true;
}

// Whether there were any.
bool Loop::run_mailbox() {
  if (!handle_.mailbox_->is_full.load(std::memory_order_acquire)) return false;
  {
    const std::lock_guard lock{handle_.mailbox_->mutex};
    running_.swap(handle_.mailbox_->jobs);
    handle_.mailbox_->is_full.store(false, std::memory_order_release);
  }
  begin_event();
  for (Job& job : running_) job();
  running_.clear();
  return true;
}

std::uint64_t Loop::new_local_key() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

LoopLocal* Loop::local(std::uint64_t key) const {
  const auto found = locals_.find(key);
  return found == locals_.end() ? nullptr : found->second.get();
}

LoopLocal& Loop::set_local(std::uint64_t key, std::unique_ptr<LoopLocal> value) {
  return *(locals_[key] = std::move(value));
}

// Out of the table before it is destroyed: its destructor may look at the table.
void Loop::drop_local(std::uint64_t key) { const auto dropped = locals_.extract(key); }

void Loop::arm(TimerNode& timer, TimePoint at) { timers_.arm(timer, at); }

void Loop::end_turn() {
  while (first_ending_ != nullptr) {
    TurnEnd& work = *first_ending_;
    cancel_turn_end(work);
    work.on_turn_end();
  }
}

void Loop::at_turn_end(TurnEnd& work) {
  if (work.next_ != nullptr) return;
  if (first_ending_ == nullptr) {
    first_ending_ = work.next_ = work.previous_ = &work;
    return;
  }
  work.next_ = first_ending_;
  work.previous_ = first_ending_->previous_;
  work.previous_->next_ = first_ending_->previous_ = &work;
}

void Loop::cancel_turn_end(TurnEnd& work) {
  if (work.next_ == nullptr) return;
  if (work.next_ == &work) {
    first_ending_ = nullptr;
  } else {
    work.next_->previous_ = work.previous_;
    work.previous_->next_ = work.next_;
    if (first_ending_ == &work) first_ending_ = work.next_;
  }
  work.next_ = work.previous_ = nullptr;
}

LoopThread::LoopThread() : thread_([this] { loop_.run(); }) {}

LoopThread::~LoopThread() { stop(); }

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

Loop& background_loop() {
  static LoopThread* const thread = new LoopThread;  // outlives every static that might still use it
  return thread->loop();
}

}  // namespace parlance::net
