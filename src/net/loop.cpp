#include "net/loop.h"

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

  std::mutex mutex;
  std::vector<Job> mailbox;  // guarded by mutex
  bool stopping = false;     // guarded by mutex
  std::vector<Job> running;  // the mailbox being run, kept for its memory
};

Loop::Loop()
    : impl_(std::make_unique<Impl>()), now_(Clock::now()), read_buffer_(new std::byte[kReadBufferBytes]) {}

Loop::~Loop() = default;

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
  if (!timers_.empty()) {
    begin_event();
    timers_.fire(now_);
  }
  end_turn();
}

void Loop::post(Job job) {
  bool wake;
  {
    const std::lock_guard lock{impl_->mutex};
    wake = impl_->mailbox.empty();
    impl_->mailbox.push_back(std::move(job));
  }
  if (wake) boost::asio::post(impl_->context, [this] { run_mailbox(); });
}

void Loop::run_mailbox() {
  begin_event();
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->running.swap(impl_->mailbox);
  }
  for (Job& job : impl_->running) job();
  impl_->running.clear();
}

void Loop::arm(TimerNode& timer, TimePoint at) { timers_.arm(timer, at); }

// Nobody but the alarm wakes the loop for a timer, so it follows the earliest one; it is set once a turn, and
// left alone when it would only ring too early.
void Loop::end_turn() {
  while (first_ending_ != nullptr) {
    TurnEnd& work = *first_ending_;
    cancel_turn_end(work);
    work.on_turn_end();
  }
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

LoopThread::~LoopThread() {
  loop_.stop();
  thread_.join();
}

Loop& background_loop() {
  static LoopThread* const thread = new LoopThread;  // outlives every static that might still use it
  return thread->loop();
}

}  // namespace parlance::net
