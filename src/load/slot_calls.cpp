// The coroutines of a Slot: one for each kind of method, and what writes a bidi call's requests.

#include <utility>

#include "load/slot.h"
#include "load/worker.h"

namespace parlance::load {

Task<void> Slot::run() {
  switch (plan_.kind) {
    case MethodKind::kUnary:
      return make_unary_calls();
    case MethodKind::kServerStreaming:
      return make_server_streaming_calls();
    case MethodKind::kClientStreaming:
      return make_client_streaming_calls();
    case MethodKind::kBidiStreaming:
      return make_bidi_calls();
  }
  std::unreachable();
}

Task<void> Slot::make_unary_calls() {
  while (true) {
    const bool granted = co_await Start{*this};
    if (!granted) co_return;
    const FramedRequest& request = next_request();
    UnaryCall<ReceivedSize> call{channel_, plan_.path, request, options_};
    call_ = &call;
    worker_.on_sent(request.size_bytes);
    const Result<ReceivedSize> response = co_await call;
    if (response) worker_.on_received(response->bytes);
    const bool pauses = on_ended(response ? Status{} : response.error(), call.peer());
    if (pauses) co_await Pause{*this};
  }
}

Task<void> Slot::make_server_streaming_calls() {
  while (true) {
    const bool granted = co_await Start{*this};
    if (!granted) co_return;
    const FramedRequest& request = next_request();
    ClientReader<ReceivedSize> call{channel_, plan_.path, request, options_};
    call_ = &call;
    worker_.on_sent(request.size_bytes);
    bool first = true;
    while (const auto response = co_await call.read()) {
      worker_.on_received(response->bytes);
      if (std::exchange(first, false)) on_first_response();
    }
    const Status status = co_await call.finish();
    const bool pauses = on_ended(status, call.peer());
    if (pauses) co_await Pause{*this};
  }
}

Task<void> Slot::make_client_streaming_calls() {
  while (true) {
    const bool granted = co_await Start{*this};
    if (!granted) co_return;
    ClientWriter<FramedRequest, ReceivedSize> call{channel_, plan_.path, options_};
    call_ = &call;
    for (std::uint64_t i = 0; i < plan_.messages && !worker_.ending(); ++i) {
      const FramedRequest& request = next_request();
      const bool accepted = co_await call.write(request);
      if (!accepted) break;
      worker_.on_sent(request.size_bytes);
    }
    const Result<ReceivedSize> response = co_await call.finish();
    if (response) worker_.on_received(response->bytes);
    const bool pauses = on_ended(response ? Status{} : response.error(), call.peer());
    if (pauses) co_await Pause{*this};
  }
}

Task<void> Slot::make_bidi_calls() {
  while (true) {
    const bool granted = co_await Start{*this};
    if (!granted) co_return;
    Bidi call{channel_, plan_.path, options_};
    call_ = &call;
    reader_ended_ = false;
    unanswered_.clear();
    Task<void> writing = write_all(call);
    writing_ = true;
    writing.start(&Slot::on_written, this);
    bool first = true;
    while (const auto response = co_await call.read()) {
      worker_.on_received(response->bytes);
      if (std::exchange(first, false)) on_first_response();
      on_answered();
    }
    const Status status = co_await call.finish();
    reader_ended_ = true;
    if (writer_) std::exchange(writer_, nullptr).resume();
    co_await WriterEnd{*this};
    const bool pauses = on_ended(status, call.peer());
    if (pauses) co_await Pause{*this};
  }
}

Task<void> Slot::write_all(Bidi& call) {
  for (std::uint64_t i = 0; i < plan_.messages && !worker_.ending(); ++i) {
    co_await Room{*this};
    if (reader_ended_) break;
    if (plan_.pipeline > 0) unanswered_.push_back(Clock::now());
    const FramedRequest& request = next_request();
    const bool accepted = co_await call.write(request);
    if (!accepted) break;
    worker_.on_sent(request.size_bytes);
  }
  co_await call.writes_done();
}

void Slot::on_written(void* self) {
  Slot& slot = *static_cast<Slot*>(self);
  slot.writing_ = false;
  if (slot.reader_ended_ && slot.waiter_) slot.resume();
}

}  // namespace parlance::load
