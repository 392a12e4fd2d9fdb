// ServerStream: the ways in which a call is cut short, and its end.
#include "grpc/error_details.h"
#include "rpc/cancelled_by_caller.h"
#include "rpc/interceptor_chain.h"
#include "rpc/server_connection.h"
#include "rpc/server_errors.h"
#include "rpc/server_stream.h"
#include "rpc/thrown.h"

namespace parlance::detail {

// After the end of a call for its trailers to leave behind what is queued; a caller who reads needs less.
constexpr std::chrono::milliseconds kTimeForTrailers{100};

// While no handler runs, the interceptors have the last word. A running handler may take its time.
void ServerStream::fail(const Status& status) {
  if (interceptors_ != nullptr && handler_ == nullptr) {
    interceptors_->settle(status);
    return interceptors_->wake();
  }
  finish(status);
  cancel_and_wake();
}

Status ServerStream::status_of_exception(std::exception_ptr thrown, Thrower who) {
  return status_of_thrown(std::move(thrown), who, method_, server_loop_.options());
}

void ServerStream::handler_done() {
  destroy_handler_(std::exchange(handler_, nullptr));
  if (interceptors_ != nullptr) return interceptors_->wake();
  delete_if_over();
}

// Trailers cannot overtake queued data: they go behind it, and a caller who does not read is told by a reset.
void ServerStream::abort(const Status& status) {
  if (!can_send()) return;
  const bool waits = connection_->http2().queued_bytes(id_) > 0;
  finish(status);
  if (waits) {
    // What gRPC makes of that code is RESOURCE_EXHAUSTED again.
    if (status.code() == StatusCode::kResourceExhausted) unread_ = http2::ErrorCode::kEnhanceYourCalm;
    loop_.arm(*this, loop_.now() + kTimeForTrailers);
  }
  cancel_and_wake();
}

void ServerStream::reset(const Status& status, http2::ErrorCode code) {
  if (interceptors_ != nullptr) interceptors_->settle(status);
  ServerConnection& connection = *connection_;
  connection.http2().reset(id_, code, status.message());  // may delete this
  connection.flush();
}

void ServerStream::on_timer() {
  if (!finished_) return abort(past_deadline());
  ServerConnection& connection = *connection_;
  connection.http2().reset(id_, unread_, "the caller does not read");  // may delete this
  connection.flush();
}

void ServerStream::on_closed(const http2::StreamEnd& end) {
  closing_ = true;
  if (!cancelled() && end.by == http2::EndedBy::kPeer && end.code == http2::ErrorCode::kCancel)
    attributes().set(CancelledByCaller{});
  connection_->recharge_unread(unread_bytes_, 0);
  connection_->figures().streams.end(finished_ && end.code == http2::ErrorCode::kNoError);
  if (!finished_ && !head_->plain_http) {
    server_loop_.figures().end(false);
    count_end(StatusCode::kCancelled);
  }
  connection_ = nullptr;
  loop_.disarm(*this);
  if (interceptors_ != nullptr) interceptors_->settle(caller_left());
  if (!finished_ || handler_ != nullptr || interceptors_ != nullptr) cancel_and_wake();
  closing_ = false;
  delete_if_over();
}

void ServerStream::cancel_and_wake() {
  cancel();
  reader_waiting_.resume();
  writer_waiting_.resume();
  if (interceptors_ != nullptr) interceptors_->wake();
}

void ServerStream::delete_if_over() {
  if (connection_ == nullptr && handler_ == nullptr && interceptors_ == nullptr && !closing_) delete this;
}

}  // namespace parlance::detail
