#include "edge/http_call.h"

#include <charconv>
#include <utility>

#include "base/concat.h"
#include "edge/http_encoding.h"
#include "edge/http_status.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/timeout.h"
#include "rpc/thrown.h"

namespace parlance::edge {
namespace {

// For a handler to say why its body ends early.
constexpr std::chrono::seconds kTimeForLastWords{1};

Metadata metadata_of(const HttpRequest& request) {
  Metadata metadata;
  for (const HttpField& field : request.fields) {
    if (!grpc::is_binary_name(field.name)) (void)metadata.add(field.name, field.value);
  }
  return metadata;
}

std::optional<Duration> milliseconds_of(std::string_view text) {
  std::uint32_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::milliseconds{milliseconds};
}

Result<std::optional<Duration>> timeout_of(const HttpRequest& request) {
  struct Source {
    std::string_view field;
    std::optional<Duration> (*parse)(std::string_view);
    std::string_view form;
  };
  constexpr Source kSources[] = {
      {"x-request-timeout-ms", milliseconds_of, "a whole number"},
      {"grpc-timeout", grpc::parse_timeout, "1 to 8 digits and one of H M S m u n"}};
  for (const auto& [field, parse, form] : kSources) {
    const auto text = request.field(field);
    if (!text) continue;
    if (const auto timeout = parse(*text)) return timeout;
    return std::unexpected{grpc::make_error(
        StatusCode::kInvalidArgument, "HTTP_BAD_TIMEOUT", concat(field, " '", *text, "' is not ", form),
        {{"hop", "server"}, {"observed", std::string{*text}}, {"knob", std::string{field}}})};
  }
  return std::nullopt;
}

std::string text_of(const Buffer& buffer) { return std::string{as_text(buffer.bytes())}; }

}  // namespace

HttpCall::HttpCall(net::Loop& loop, const HttpService& service, HttpRequest request, HttpOutput& output)
    : ServerCall(loop, metadata_),
      service_(service),
      request_(std::move(request)),
      found_(service.routes.find(request_.method, request_.path)),
      output_(output),
      metadata_(metadata_of(request_)) {
  method_ = found_.path.empty() ? std::string_view{request_.path} : found_.path;
  authority_ = request_.field("host").value_or("");
}

HttpCall::~HttpCall() { loop_.disarm(*this); }

std::string_view HttpCall::parameter(std::string_view name) const {
  for (const HttpParameter& parameter : found_.parameters) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

void HttpCall::start() {
  const auto timeout = timeout_of(request_);
  deadline_giver_ = set_deadline(timeout.value_or(std::nullopt), service_.options);
  if (!deadline_.is_never()) loop_.arm(*this, deadline_.at());
  const Status error = timeout ? found_.error : timeout.error();
  if (!service_.options.interceptors.empty()) return start_interceptors(error);
  if (!error.ok()) return fail(error);
  start_handler();
}

void HttpCall::start_interceptors(const Status& error) {
  detail::InterceptedCall& self = *this;
  interceptors_ = std::make_unique<detail::InterceptorChain>(self, service_.options.interceptors);
  if (!error.ok()) interceptors_->settle(error);
  const detail::CallScope scope{this};
  interceptors_->start();
}

void HttpCall::start_handler() {
  if (const Status status = filter_request(); !status.ok()) return fail(status);
  const detail::CallScope scope{this};
  try {
    running_.emplace((*found_.handler)(*this));
  } catch (...) {  // one that is no coroutine
    return fail(status_of_exception(std::current_exception(), detail::Thrower::kHandler));
  }
  running_->start(&HttpCall::handled, this);
}

void HttpCall::handled(void* self) {
  auto& call = *static_cast<HttpCall*>(self);
  Result<HttpResponse> outcome = call.take_outcome();
  call.running_.reset();
  call.on_handled(std::move(outcome));
}

Result<HttpResponse> HttpCall::take_outcome() {
  try {
    Result<HttpResponse> outcome = running_->take();
    returned_ = true;
    return outcome;
  } catch (...) {
    return std::unexpected{status_of_exception(std::current_exception(), detail::Thrower::kHandler)};
  }
}

void HttpCall::on_handled(Result<HttpResponse> outcome) {
  Status status = outcome ? Status{} : std::move(outcome.error());
  if (!ending_.ok()) status = ending_;
  if (status.ok() && !begun_) {
    response_ = *std::move(outcome);
    status = filter(response_->body);
  }
  fail(status);
}

Status HttpCall::status_of_exception(std::exception_ptr thrown, detail::Thrower who) {
  return detail::status_of_thrown(std::move(thrown), who, method_, service_.options);
}

Status HttpCall::filter_request() {
  if (Status status = decode_body(request_, service_.limits.max_body_bytes); !status.ok()) return status;
  if (interceptors_ == nullptr || !interceptors_->has_filters()) return {};
  Result<Buffer> filtered = interceptors_->filter_request(Buffer::copy_of(as_bytes(request_.body)));
  if (!filtered) return filtered.error();
  request_.body = text_of(*filtered);
  return {};
}

Status HttpCall::filter(std::string& response_body) const {
  if (interceptors_ == nullptr || !interceptors_->has_filters()) return {};
  Result<Buffer> filtered = interceptors_->filter_response(Buffer::copy_of(as_bytes(response_body)));
  if (!filtered) return filtered.error();
  response_body = text_of(*filtered);
  return {};
}

// While no handler runs, the interceptors have the last word.
void HttpCall::fail(const Status& status) {
  if (interceptors_ != nullptr) {
    interceptors_->settle(status);
    return interceptors_->wake();
  }
  finish(status);
  tell_if_over();
}

void HttpCall::interceptors_ended(Status status, Buffer) {
  if (!finished_) {
    finish(status);
    if (running_) cancel_and_wake();  // next() was begun and dropped
  }
  interceptors_.reset();
  tell_if_over();
}

void HttpCall::begin(HttpResponse head) {
  if (finished_ || std::exchange(begun_, true)) return;
  add_metadata(initial_metadata_, head);
  output_.send_head(head);
  if (!head.body.empty()) send_piece(head.body);
}

bool HttpCall::send_piece(std::string_view text) {
  if (finished_ || !begun_) return false;
  if (interceptors_ != nullptr && interceptors_->has_filters()) {
    std::string filtered{text};
    if (const Status status = filter(filtered); !status.ok()) return abort(status), false;
    output_.send_body(filtered);
  } else {
    output_.send_body(text);
  }
  return true;
}

void HttpCall::finish(const Status& status) {
  if (std::exchange(finished_, true)) return;
  loop_.disarm(*this);
  if (interceptors_ != nullptr) interceptors_->settle(status);
  if (begun_) return output_.end_body(returned_);
  if (wants_hops()) add_own_hop();
  HttpResponse response = status.ok() && response_
                              ? *std::move(response_)
                              : error_response(status.ok() ? detail::no_response() : status);
  add_metadata(initial_metadata_, response);
  add_metadata(trailing_metadata_, response);
  output_.send(response);
}

HttpResponse HttpCall::error_response(const Status& status) const {
  HttpResponse response = (*found_.errors)(status);
  std::optional<Duration> retry_after;
  if (!retry_pushback_ms_.empty()) retry_after = milliseconds_of(retry_pushback_ms_);
  add_error_fields(status, retry_after, response);
  return response;
}

void HttpCall::add_metadata(const Metadata& metadata, HttpResponse& response) const {
  if (metadata.empty()) return;
  grpc::HeaderList fields;
  metadata.append_to(fields);
  for (const http2::HeaderField& field : fields.fields()) {
    response.fields.push_back({std::string{field.name}, std::string{field.value}});
  }
}

void HttpCall::abort(const Status& status) {
  if (finished_) return;
  if (begun_ && running_ && ending_.ok()) {
    ending_ = status;
    loop_.arm(*this, loop_.now() + kTimeForLastWords);
  } else {
    finish(status);
  }
  cancel_and_wake();
  tell_if_over();
}

void HttpCall::on_timer() {
  const Duration given = deadline_.is_never() ? Duration::zero() : deadline_.at() - received_at();
  abort(ending_.ok() ? detail::deadline_passed(deadline_giver_, given) : ending_);
}

void HttpCall::on_client_gone() {
  if (!std::exchange(finished_, true)) {
    loop_.disarm(*this);
    if (interceptors_ != nullptr) interceptors_->settle(detail::caller_left());
  }
  cancel_and_wake();
  tell_if_over();
}

void HttpCall::on_sent() {
  auto writers = std::exchange(writers_waiting_, {});
  for (detail::Waiter& writer : writers) writer.resume();
}

void HttpCall::cancel_and_wake() {
  cancel();
  on_sent();
  if (interceptors_ != nullptr) interceptors_->wake();
}

void HttpCall::tell_if_over() {
  if (!finished_ || running_ || interceptors_ != nullptr || std::exchange(told_over_, true)) return;
  output_.on_call_over();
}

}  // namespace parlance::edge
