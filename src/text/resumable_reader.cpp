#include "text/resumable_reader.h"

#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "rpc/cancelled_by_caller.h"
#include "text/resumable_streams.h"

namespace parlance::text {
namespace {

Status error_of(generation::ReplayError error, std::uint64_t after) {
  const std::string text{generation::to_string(error)};
  if (error == generation::ReplayError::kSuperseded)
    return grpc::make_error(StatusCode::kAborted, "RESUME_SUPERSEDED", text, {{"hop", "server"}});
  return grpc::make_error(
      StatusCode::kOutOfRange, "RESUME_OUT_OF_RANGE", text,
      {{"hop", "server"}, {"observed", std::to_string(after)}, {"knob", "x-parlance-resume-after"}});
}

}  // namespace

ResumableReader::ResumableReader(ResumableStreams& streams, std::shared_ptr<ResumableStream> stream,
                                 ServerCall& call, std::uint64_t after)
    : streams_(streams),
      stream_(std::move(stream)),
      call_(call),
      reading_(std::make_shared<ResumableStream::Reading>(&call.loop(), call.loop().handle(), this)),
      after_(after) {
  std::shared_ptr<ResumableStream::Reading> before;
  bool pump_may_go_on = false;
  {
    const std::lock_guard lock{stream_->mutex_};
    before = std::exchange(stream_->reading_, reading_);
    attachment_ = stream_->events_.attach();
    if (after <= stream_->events_.last_number()) pump_may_go_on = stream_->take(after);
  }
  ResumableStream::wake(before);
  if (pump_may_go_on) stream_->wake_pump();
  call.on_cancelled(*this);
}

ResumableReader::~ResumableReader() {
  reading_->reader = nullptr;
  const TimePoint now = Clock::now();
  {
    const std::lock_guard lock{stream_->mutex_};
    if (stream_->reading_ != reading_) return;
    stream_->reading_ = nullptr;
    stream_->unread_since_ = now;
  }
  const bool is_cancelled = call_.attributes().find<CancelledByCaller>() != nullptr;
  if (is_cancelled || streams_.is_stopping()) {
    stream_->close(nobody_came_back());
  } else {
    streams_.alarms_.set(now + stream_->options_.grace, stream_);
  }
}

bool ResumableReader::look() {
  if (event_ || call_.cancelled()) return true;
  bool pump_may_go_on = false;
  {
    const std::lock_guard lock{stream_->mutex_};
    const auto found = stream_->events_.read(attachment_, after_, 1);
    if (!found) {
      status_ = error_of(found.error(), after_);
      return true;
    }
    if (found->empty()) {
      const bool is_end = stream_->ended_ && stream_->events_.is_end(after_);
      if (is_end) status_ = *stream_->ended_;
      return is_end;
    }
    event_ = found->front()->bytes;
    after_ = found->front()->number;
    pump_may_go_on = stream_->take(after_);
  }
  if (pump_may_go_on) stream_->wake_pump();
  return true;
}

std::optional<std::string> ResumableReader::Next::await_resume() const {
  (void)reader.look();
  return std::exchange(reader.event_, std::nullopt);
}

}  // namespace parlance::text
