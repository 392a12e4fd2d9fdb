#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timer_heap.h"
#include "edge/http_message.h"
#include "edge/http_output.h"
#include "edge/http_routes.h"
#include "rpc/intercepted_call.h"
#include "rpc/interceptor_chain.h"
#include "rpc/server_call.h"
#include "rpc/task.h"

namespace parlance::edge {

/// An HTTP request as a call of the server: what a gRPC handler knows of its call, a handler of HTTP knows,
/// too, and the server's interceptors run around it.
///
/// method() is the route's path ("/v1/models/{id}"), that of the request when there is none. Request metadata
/// are the header fields, names in lower case; those that Metadata does not take are left out. The deadline
/// comes from `x-request-timeout-ms` or `grpc-timeout`, within the server's limits. Initial metadata become
/// fields of the answer; so do trailing metadata of an answer that is sent whole.
class HttpCall final : public ServerCall, detail::InterceptedCall, TimerNode {
 public:
  /// The request is here with its body. `service` and `output` outlive the call.
  HttpCall(net::Loop& loop, const HttpService& service, HttpRequest request, HttpOutput& output);
  ~HttpCall();

  // --- for handlers
  // ---------------------------------------------------------------------------------------
  const HttpRequest& request() const { return request_; }
  /// What "{name}" in the route's path stands for; empty when that has none.
  std::string_view parameter(std::string_view name) const;

  /// Begins an answer whose body is written in pieces, `head.body` first. Once.
  void begin(HttpResponse head);
  struct Write;
  /// Queues a piece of the body at once; ready when the client keeps up. Several coroutines may write at
  /// once.
  ///
  ///   if (!co_await call.write(text)) …   // cancelled: nobody waits for more
  Write write(std::string_view text);
  /// Why a call is cancelled whose client still listens: its deadline, or the server's end. A body that was
  /// begun has about a second to say so and to end; after that it is cut off. OK: the client has gone.
  const Status& ending() const { return ending_; }

  std::string_view peer() const override { return output_.peer(); }
  /// They go out with the answer's first byte.
  void send_initial_metadata() override {}
  void abort(const Status& status) override;
  bool set_compression(grpc::Encoding encoding) override { return encoding == grpc::Encoding::kIdentity; }

  // --- for its output
  // -------------------------------------------------------------------------------------
  void start();
  /// What was queued has left.
  void on_sent();
  /// The client sends no more. It has most likely gone, and is answered should it listen all the same.
  void on_client_ended() { cancel_and_wake(); }
  /// It does not listen, either.
  void on_client_gone();

 private:
  // InterceptedCall
  ServerCall& call() override { return *this; }
  Metadata& mutable_request_metadata() override { return metadata_; }
  void proceed() override { start_handler(); }
  bool has_handler() const override { return running_.has_value(); }
  Status status_of_exception(std::exception_ptr thrown, detail::Thrower who) override;
  void interceptors_ended(Status status, Buffer response) override;

  void on_timer() override;
  void start_interceptors(const Status& error);
  void start_handler();
  static void handled(void* self);
  Result<HttpResponse> take_outcome();
  void on_handled(Result<HttpResponse> outcome);
  Status filter_request();
  Status filter(std::string& response_body) const;
  void fail(const Status& status);
  void finish(const Status& status);
  HttpResponse error_response(const Status& status) const;
  void add_metadata(const Metadata& metadata, HttpResponse& response) const;
  bool send_piece(std::string_view text);
  void cancel_and_wake();
  void tell_if_over();

  const HttpService& service_;
  HttpRequest request_;
  const HttpRoutes::Found found_;
  HttpOutput& output_;
  Metadata metadata_;
  detail::DeadlineGiver deadline_giver_ = detail::DeadlineGiver::kCaller;
  std::optional<Task<Result<HttpResponse>>> running_;
  std::unique_ptr<detail::InterceptorChain> interceptors_;  // while they run; null when there are none
  std::optional<HttpResponse> response_;                    // until the interceptors have let it go
  std::vector<detail::Waiter> writers_waiting_;
  Status ending_;
  bool begun_ = false;     // the body is written in pieces
  bool returned_ = false;  // the handler, and not by an exception
  bool finished_ = false;  // the client has its answer, or will never have one
  bool told_over_ = false;
};

struct HttpCall::Write {
  HttpCall& call;
  bool accepted;

  bool await_ready() const { return !accepted || call.cancelled() || !call.output_.is_full(); }
  void await_suspend(std::coroutine_handle<> writer) const {
    call.writers_waiting_.emplace_back(writer);
    call.output_.tell_when_sent();
  }
  bool await_resume() const { return accepted && !call.cancelled(); }
};

inline HttpCall::Write HttpCall::write(std::string_view text) { return {*this, send_piece(text)}; }

}  // namespace parlance::edge
