#include "net/loop.h"

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <vector>

#include "base/assert.h"

namespace parlance::net {
namespace {

thread_local Loop* current_loop = nullptr;

// Ready handlers run in one turn before what they produced is written: enough to batch, few enough that a
// busy loop still writes and fires timers.
constexpr int kHandlersPerTurn = 64;

}  // namespace

TurnEnd::~TurnEnd() {
  require(next_ == nullptr, "TurnEnd: destroyed while it waits for the end of the turn");
}

class Loop::Impl {
 public:
  // One thread runs the context; others only post to it.
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  boost::asio::steady_timer alarm{context};
  TimePoint alarm_at = TimePoint::max();
  std::vector<Job> running;  // the mailbox being run, kept for its memory
};

struct LoopHandle::Mailbox {
  std::mutex mutex;
  Loop* loop;             // guarded by mutex; null when the loop is gone
  std::vector<Job> jobs;  // guarded by mutex
};

Loop::Loop()
    : impl_(std::make_unique<Impl>()),
      handle_(std::make_shared<LoopHandle::Mailbox>()),
      now_(Clock::now()),
      read_buffer_(new std::byte[kReadBufferBytes]) {
  handle_.mailbox_->loop = this;
}

// What jobs, locals and waiting handlers own may still use the loop while it is destroyed, so they go first.
Loop::~Loop() {
  std::vector<Job> unrun;
  {
    const std::lock_guard lock{handle_.mailbox_->mutex};
    handle_.mailbox_->loop = nullptr;
    unrun.swap(handle_.mailbox_->jobs);
  }
  unrun.clear();
  locals_.clear();
  impl_.reset();
}

Loop* Loop::current() { return current_loop; }

boost::asio::io_context& Loop::io_context() { return impl_->context; }

void Loop::run() {
  require(current_loop == nullptr, "Loop::run: this thread already runs a loop");
  current_loop = this;
  while (!impl_->context.stopped()) turn();
  current_loop = nullptr;
}

void Loop::stop() {
  post([this] { impl_->context.stop(); });
}

void Loop::turn() {
  if (impl_->context.run_one() == 0) return;
  for (int i = 1; i < kHandlersPerTurn && impl_->context.poll_one() != 0; ++i) {
  }
  fire_timers();
  end_turn();
  set_alarm();
}

bool Loop::step() {
  Loop* const stepping = std::exchange(current_loop, this);
  int handled = 0;
  while (handled < kHandlersPerTurn && impl_->context.poll_one() != 0) ++handled;
  const bool fired = fire_timers();
  const bool ending = first_ending_ != nullptr;
  end_turn();
  current_loop = stepping;
  return fired || ending || handled != 0;
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
  const std::lock_guard lock{mailbox_->mutex};
  if (mailbox_->loop == nullptr) return false;
  const bool wake = mailbox_->jobs.empty();
  mailbox_->jobs.push_back(std::move(job));
  if (wake)
    boost::asio::post(mailbox_->loop->impl_->context, [loop = mailbox_->loop] { loop->run_mailbox(); });
  return true;
}

void Loop::run_mailbox() {
  begin_event();
  {
    const std::lock_guard lock{handle_.mailbox_->mutex};
    impl_->running.swap(handle_.mailbox_->jobs);
  }
  for (Job& job : impl_->running) job();
  impl_->running.clear();
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

// Nobody but the alarm wakes the loop for a timer, so it follows the earliest one; it is set once a turn, and
// left alone when it would only ring too early.
void Loop::set_alarm() {
  if (timers_.empty() || timers_.next() >= impl_->alarm_at) return;
  impl_->alarm_at = timers_.next();
  impl_->alarm.expires_at(impl_->alarm_at);
  impl_->alarm.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    impl_->alarm_at = TimePoint::max();
  });
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
