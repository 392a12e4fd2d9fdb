#include "text/resumable_stream.h"

#include "base/assert.h"
#include "text/resumable_reader.h"
#include "text/resumable_streams.h"

namespace parlance::text {
namespace {

net::LoopHandle this_loop() {
  net::Loop* const loop = net::Loop::current();
  require(loop != nullptr, "a stream begins on an event loop");
  return loop->handle();
}

}  // namespace

ResumableStream::ResumableStream(ResumableStreams& streams, Options options)
    : streams_(streams), options_(std::move(options)), home_(this_loop()), events_(options_.limits) {}

void ResumableStream::start(Generation generation) {
  const detail::CallScope no_call{nullptr};  // the first call may be over long before this
  generation.on_given_up([this](const Status& why) { give_up_reader(why); });
  pump_ = pump(*this, std::move(generation));
}

ResumableStream::Pump ResumableStream::pump(ResumableStream& stream, Generation generation) {
  Status status;
  for (bool is_first = true; auto piece = co_await generation.next(); is_first = false) {
    status = piece->status;
    stream.append(*std::move(piece), is_first);
    Room room{stream};
    co_await room;
  }
  stream.end(status);
}

void ResumableStream::append(TextPiece piece, bool is_first) {
  std::vector<std::string> events = options_.encode(std::move(piece), is_first, options_.request_id);
  std::shared_ptr<Reading> reading;
  {
    const std::lock_guard lock{mutex_};
    if (is_closed_) return;
    for (std::string& event : events) events_.append(std::move(event));
    reading = reading_;
  }
  wake(reading);
}

void ResumableStream::end(const Status& status) {
  std::shared_ptr<Reading> reading;
  {
    const std::lock_guard lock{mutex_};
    if (ended_) return;
    ended_ = status;
    events_.close();
    reading = reading_;
  }
  wake(reading);
}

void ResumableStream::wake(const std::shared_ptr<Reading>& reading) {
  tell(reading, [](ResumableReader& reader) { reader.on_change(); });
}

/// Its generation is over; what was made stays for whoever comes back.
void ResumableStream::give_up_reader(const Status& why) {
  std::shared_ptr<Reading> reading;
  {
    const std::lock_guard lock{mutex_};
    reading = reading_;
  }
  tell(reading, [why](ResumableReader& reader) { reader.give_up(why); });
}

/// In this turn when the reader is on this loop.
void ResumableStream::tell(const std::shared_ptr<Reading>& reading,
                           std::move_only_function<void(ResumableReader&)> what) {
  if (reading == nullptr) return;
  auto told = [reading, what = std::move(what)]() mutable {
    if (reading->reader != nullptr) what(*reading->reader);
  };
  if (reading->where == net::Loop::current()) return told();
  (void)reading->loop.post(std::move(told));
}

bool ResumableStream::has_room() const {
  const std::uint64_t untaken = events_.last_number() - taken_;
  return is_closed_ || untaken == 0 ||
         (untaken < options_.limits.max_events && events_.bytes() < options_.limits.max_bytes);
}

bool ResumableStream::take(std::uint64_t number) {
  taken_ = number;
  return pump_waits_ && has_room() && std::exchange(pump_waits_, false);
}

bool ResumableStream::must_wait() {
  const std::lock_guard lock{mutex_};
  pump_waits_ = !has_room();
  return pump_waits_;
}

void ResumableStream::wake_pump() {
  (void)home_.post([self = shared_from_this()] { self->waiting_pump_.resume(); });
}

bool ResumableStream::is_unread() {
  const std::lock_guard lock{mutex_};
  return reading_ == nullptr;
}

void ResumableStream::on_alarm() {
  {
    const std::lock_guard lock{mutex_};
    if (reading_ != nullptr || Clock::now() - unread_since_ < options_.grace) return;
  }
  close(nobody_came_back());
}

/// The pump may be what calls this, so it is destroyed in a later turn; where its loop is gone it does not
/// run.
void ResumableStream::close(const Status& why) {
  std::shared_ptr<Reading> reading;
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(is_closed_, true)) return;
    if (!ended_) {
      ended_ = why;
      events_.close();
    }
    reading = reading_;
  }
  const std::shared_ptr<ResumableStream> self = shared_from_this();
  streams_.forget(token());
  wake(reading);
  const auto end_pump = [self] {
    self->waiting_pump_ = {};
    const Pump ended = std::move(self->pump_);
  };
  if (!home_.post(end_pump)) end_pump();
}

}  // namespace parlance::text
