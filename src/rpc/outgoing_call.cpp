#include "rpc/outgoing_call.h"

#include <algorithm>

#include "grpc/error_details.h"
#include "rpc/channel_core.h"
#include "rpc/client_connection.h"
#include "rpc/client_errors.h"
#include "rpc/client_stream.h"
#include "rpc/loop_channel.h"
#include "rpc/server_call.h"

namespace parlance::detail {
namespace {

// What a handler keeps of its own time to use the answer of a call it makes: 5 ms, or a tenth of a shorter
// time.
constexpr Duration kLargestMargin = std::chrono::milliseconds{5};
constexpr int kMarginFraction = 10;
constexpr std::string_view kPushback = "grpc-retry-pushback-ms";

const grpc::Metadata kNoMetadata;
const decltype(MethodConfig::attempts) kOneAttempt = RetryPolicy{.max_attempts = 1};

}  // namespace

OutgoingCall::OutgoingCall(net::Loop& loop, const ChannelConfig& config, const CallOptions& options)
    : loop_(loop),
      config_(config),
      deadline_(options.deadline),
      asked_to_wait_for_ready_(options.wait_for_ready),
      wait_for_ready_(options.wait_for_ready.value_or(false)),
      request_encoding_(options.compression.value_or(config_.options.compression)),
      response_(config_.options.max_receive_message_bytes) {
  if (options.metadata != nullptr) request_metadata_ = *options.metadata;
  if (!config_.options.interceptors.empty()) {
    interceptors_ = std::make_unique<ClientInterceptorChain>(*this, config_.options.interceptors);
  }
}

void OutgoingCall::use(const ClientMethod* kept, std::string_view path) {
  if (kept == nullptr) own_method_ = std::make_unique<const ClientMethod>(config_, path);
  method_ = kept != nullptr ? kept : own_method_.get();
}

void OutgoingCall::start_clock(TimePoint now, const CallOptions& options) {
  started_at_ = now;
  if (options.timeout > Duration::zero()) {
    deadline_ = earliest(deadline_, Deadline::after(now, options.timeout));
  }
}

// A call that has no deadline is spared a look at the clock.
OutgoingCall* OutgoingCall::make_here(net::Loop& loop, const Channel& channel, LoopChannel& part,
                                      std::string_view path, const CallOptions& options) {
  auto* call = new OutgoingCall{loop, channel.core().config(), options};
  if (call->interceptors_ != nullptr) call->channel_ = channel;
  call->use(part.find_method(channel.core(), path), path);
  const bool timed = options.timeout > Duration::zero() || !call->deadline_.is_never() ||
                     part.may_have_timeout(call->method());
  call->start_clock(timed ? Clock::now() : loop.now(), options);
  return call;
}

OutgoingCall* OutgoingCall::make_elsewhere(net::Loop& loop, const Channel& channel, std::string_view path,
                                           const CallOptions& options) {
  channel.core().attach(loop);
  auto* call = new OutgoingCall{loop, channel.core().config(), options};
  call->channel_ = channel;
  call->use(channel.core().find_method(path), path);
  call->start_clock(Clock::now(), options);
  return call;
}

OutgoingCallRef OutgoingCall::start(const Channel& channel, std::string_view path, const CallOptions& options,
                                    std::optional<Buffer> first_message, bool half_close) {
  net::Loop* current = net::Loop::current();
  LoopChannel* part = current != nullptr ? &channel.core().part_on(*current) : nullptr;
  OutgoingCall* call = part != nullptr ? make_here(*current, channel, *part, path, options)
                                       : make_elsewhere(net::background_loop(), channel, path, options);
  if (first_message) call->hold(*std::move(first_message), options.request.compress);
  call->half_closed_ = half_close;
  OutgoingCallRef reference{call};

  if (ServerCall* parent = current_call(); parent != nullptr && !options.detached) call->inherit(*parent);
  call->add_reference();  // the channel's, until the end
  if (part != nullptr) {
    if (!call->ended_) part->keep_alive(channel);
    call->begin(*part, call->started_at_);
  } else {
    call->loop_.post([call, key = channel.core().key()] { call->begin(key.on(call->loop_), Clock::now()); });
  }
  return reference;
}

OutgoingCallRef OutgoingCall::start_on(ClientConnection& connection, std::string_view path, Buffer request) {
  auto* call = new OutgoingCall{connection.loop(), connection.config(), CallOptions{}};
  call->own_config_ = connection.shared_config();
  call->use(nullptr, path);
  call->start_clock(Clock::now(), {});
  call->messages_.add(std::move(request));
  call->half_closed_ = true;
  OutgoingCallRef reference{call};
  call->add_reference();
  call->begun_ = true;
  auto* attempt = new ClientStream{*call, 0};
  call->attempts_.add(*attempt);
  attempt->open_on(connection);
  return reference;
}

// The server call's budget less what it needs to use the answer, its end, and what it passes on.
void OutgoingCall::inherit(ServerCall& parent) {
  const Duration remaining = parent.deadline().remaining(started_at_);
  if (remaining != Duration::max()) {
    const Duration margin = std::min(kLargestMargin, remaining / kMarginFraction);
    limit_deadline(Deadline::after(started_at_, remaining - margin), DeadlineSource::kParent);
  }
  for (const auto& [name, value] : parent.propagated_metadata()) {
    if (!request_metadata_.get(name)) (void)request_metadata_.add(name, value);
  }
  if (parent.wants_hops()) (void)request_metadata_.add(ServerCall::kHopsName, "1");
  parent_ = &parent;
  parent.on_cancelled(*this);
}

const grpc::Metadata& OutgoingCall::initial_metadata() const {
  return head_ == nullptr ? kNoMetadata : head_->metadata;
}

void OutgoingCall::hand_hops_up() {
  if (!is_listening() || !parent_->wants_hops()) return;
  for (const std::string_view hop : trailing_metadata_.all(ServerCall::kHopsName)) parent_->add_hop(hop);
}

void OutgoingCall::on_cancelled() { end_with(parent_cancelled()); }

void OutgoingCall::begin(LoopChannel& loop_channel, TimePoint now) {
  if (ended_) return drop_reference();  // cancelled before it began
  begun_ = true;
  loop_channel_ = &loop_channel;
  loop_channel.add(*this);
  if (!deadline_.is_never()) {
    if (deadline_.expired(now)) return end(deadline_before_start());
    loop_.arm(*this, deadline_.at());
  }
  if (interceptors_ != nullptr) return interceptors_->start();
  proceed();
}

void OutgoingCall::proceed() {
  if (interceptors_ != nullptr) {
    for (ClientInterceptorChain::HeldRequest& request : interceptors_->take_held()) {
      Result<Buffer> framed = prepared(std::move(request.framed), request.compress);
      if (!framed) return conclude(std::move(framed.error()));
      messages_.add(*std::move(framed));
    }
  }
  loop_channel_->begin(*this);
}

void OutgoingCall::limit_deadline(Deadline deadline, DeadlineSource source) {
  if (ended_ || deadline >= deadline_) return;
  deadline_ = deadline;
  deadline_source_ = source;
  if (begun_) loop_.arm(*this, deadline_.at());
}

void OutgoingCall::interceptors_ended(Status status) {
  if (ended_) return;
  add_reference();
  drop_attempts(StatusCode::kCancelled);
  end(std::move(status));
  drop_reference();
}

void OutgoingCall::configure(const MethodConfig& config) {
  method_config_ = &config;
  wait_for_ready_ = asked_to_wait_for_ready_.value_or(method_config_->wait_for_ready.value_or(false));
  if (method_config_->timeout) {
    limit_deadline(Deadline::after(started_at_, *method_config_->timeout), DeadlineSource::kServiceConfig);
  }
  if (const auto& limit = method_config_->max_response_message_bytes) response_.limit_message_bytes(*limit);
  for (std::size_t i = 0; i < messages_.count(); ++i) {
    Status status = check_request_size(messages_[i].size());
    if (!status.ok()) return conclude(std::move(status));
  }
  plan_.emplace(config_.options.enable_retries ? method_config_->attempts : kOneAttempt);
  start_attempt();
}

void OutgoingCall::keep_service_config(const std::shared_ptr<const ServiceConfig>& config) {
  if (method_config_ != nullptr && service_config_ == nullptr) service_config_ = config;
}

Status OutgoingCall::check_request_size(std::size_t framed_bytes) const {
  std::size_t limit = config_.options.max_send_message_bytes;
  if (method_config_ != nullptr) {
    limit = std::min(limit, method_config_->max_request_message_bytes.value_or(limit));
  }
  const std::size_t size_bytes = framed_bytes - grpc::kPrefixBytes;
  if (size_bytes <= limit) return {};
  return request_too_large(size_bytes, limit, limit < config_.options.max_send_message_bytes);
}

void OutgoingCall::fail(Status status) { conclude(std::move(status)); }

void OutgoingCall::start_attempt() {
  disarm_next_attempt();
  if (attempts_.full()) return;
  if (const auto hedge_after = plan_->on_started()) loop_.arm(next_attempt_, loop_.now() + *hedge_after);
  auto* attempt = new ClientStream{*this, made_attempts_++};
  attempts_.add(*attempt);
  loop_channel_->start(*attempt);
}

void OutgoingCall::disarm_next_attempt() {
  if (next_attempt_.armed()) loop_.disarm(next_attempt_);
}

void OutgoingCall::next_attempt_due() {
  add_reference();
  const bool hedges = !attempts_.empty();
  if (!hedges || plan_->may_hedge(loop_channel_->throttle())) start_attempt();
  drop_reference();
}

void OutgoingCall::on_attempt_open(ClientStream& attempt) {
  if (messages_.count() == 0 && half_closed_) attempt.half_close();
  for (std::size_t i = 0; i < messages_.count(); ++i) {
    attempt.send(messages_[i], half_closed_ && i + 1 == messages_.count());
  }
  if (is_committed_ || messages_.bytes() > config_.options.retry_buffer_bytes) commit(attempt);
  writer_waiting_.resume();
}

void OutgoingCall::commit(ClientStream& attempt) {
  is_committed_ = true;
  disarm_next_attempt();
  drop_attempts(StatusCode::kCancelled, &attempt);
  messages_.clear();
}

// Dropping one makes room on its connection, which another may take at once, of whatever call; so what waits
// goes first, and nothing is remembered of the list meanwhile.
void OutgoingCall::drop_attempts(StatusCode code, const ClientStream* but) {
  while (ClientStream* attempt = attempts_.next_to_drop(but)) {
    attempts_.remove(*attempt);
    attempt->abandon(code);
  }
}

void OutgoingCall::on_response_head(ClientStream& attempt, const SharedResponseHead& head) {
  add_reference();
  commit(attempt);
  // Somebody who heard of the others' end may have cancelled the call, and the attempt with it.
  if (!ended_) take_head(head);
  drop_reference();
}

void OutgoingCall::take_head(const SharedResponseHead& head) {
  head_ = head;
  response_.set_encoding(head->encoding);
  headers_received_ = true;
  tell_writer();
  headers_waiting_.resume();
}

void OutgoingCall::on_response_bytes(ClientStream& attempt, Bytes data) {
  const std::size_t before = response_.messages();
  Status error = response_.feed(data);
  attempt.connection()->figures().received(response_.messages() - before, loop_.now());
  if (!error.ok()) return attempt.refuse(std::move(error));
  if (discarding_) return discard_messages();
  credit_window();
  if (response_.has_message()) reader_waiting_.resume();
}

void OutgoingCall::on_attempt_ended(ClientStream& attempt, AttemptEnd ended) {
  attempts_.remove(attempt);
  if (ended_) return;
  if (!is_committed_ && attempt.connection() != nullptr) {
    head_ = attempt.connection()->responses().no_head();
  }
  if (ended.status.ok()) {
    ended.status = response_.finish();
    ended.by_server = false;
  }
  if (ended.status.ok() && loop_channel_ != nullptr) loop_channel_->throttle().on_success();
  add_reference();
  if (!ended.status.ok() && !is_committed_ && goes_on_after(ended)) {
    tell_writer();
  } else {
    if (!ended.by_server && !ended.status.ok()) ended.status = with_attempts(std::move(ended.status));
    if (!ended.trailers.empty()) trailing_metadata_ = std::move(ended.trailers);
    drop_attempts(StatusCode::kCancelled);
    conclude(std::move(ended.status));
  }
  drop_reference();
}

void OutgoingCall::conclude(Status status) {
  if (interceptors_ == nullptr) return end(std::move(status));
  Status refused = discarding_ ? Status{} : filter_the_rest();
  interceptors_->settle(status.ok() ? std::move(refused) : std::move(status));
}

// The queue that the writer waits for may have been that of an attempt that is gone.
void OutgoingCall::tell_writer() {
  if (!send_queue_full()) writer_waiting_.resume();
}

bool OutgoingCall::goes_on_after(const AttemptEnd& end) {
  if (!plan_ || !end.may_retry) return false;
  const AttemptFailure failure{end.status.code(), end.trailers.get(kPushback), end.unprocessed};
  const auto decision = plan_->on_failure(failure, loop_channel_->throttle(), loop_channel_->random_unit());
  switch (decision.next) {
    case AttemptPlan::Next::kEnd:
      return false;
    case AttemptPlan::Next::kWait:
      return !attempts_.empty();
    case AttemptPlan::Next::kAgain:
      break;
  }
  return again_after(decision.pause) || !attempts_.empty();
}

bool OutgoingCall::again_after(Duration pause) {
  if (pause == Duration::zero()) {
    start_attempt();
    return true;
  }
  const TimePoint at = loop_.now() + pause;
  if (deadline_.expired(at)) return false;
  loop_.arm(next_attempt_, at);
  return true;
}

void OutgoingCall::spoil(Status status) {
  if (!ended_) return end_with(std::move(status));
  if (status_.ok()) status_ = std::move(status);
}

void OutgoingCall::cancel() {
  if (!ended_) end_with(cancelled_by_caller());
}

Status OutgoingCall::at_its_deadline(Status status) const {
  const bool late = status.code() == StatusCode::kCancelled && deadline_.expired(loop_.now());
  return late ? past_deadline() : std::move(status);
}

Status OutgoingCall::past_deadline() const {
  std::string_view waited_for = "an answer";
  if (headers_received_) {
    waited_for = "the rest of the answer";
  } else if (attempts_.empty()) {
    waited_for = made_attempts_ > 0 ? "the next attempt" : "the name's addresses";
  } else if (!attempts_.first().is_open()) {
    waited_for = "a connection";
  }
  return deadline_passed(deadline_source_, deadline_.at() - started_at_, waited_for);
}

void OutgoingCall::on_timer() { end_with(past_deadline()); }

void OutgoingCall::end_with(Status status) {
  if (ended_) return;
  add_reference();
  drop_attempts(status.code());
  end(with_attempts(std::move(status)));
  if (interceptors_ != nullptr) interceptors_->settle(status_);
  drop_reference();
}

void OutgoingCall::cancel_from_anywhere() {
  if (loop_.is_current()) return cancel();
  cancellations_under_way_.fetch_add(1, std::memory_order_relaxed);
  loop_.post([this] {
    add_reference();
    cancellations_under_way_.fetch_sub(1, std::memory_order_relaxed);
    cancel();
    drop_reference();
  });
}

// A server's own status says nothing of attempts that it has not seen; one made here does.
Status OutgoingCall::with_attempts(Status status) const {
  if (made_attempts_ < 2 || status.ok()) return status;
  return grpc::explain_more(status, {{"attempts", std::to_string(made_attempts_)}});
}

void OutgoingCall::end(Status status) {
  if (std::exchange(ended_, true)) return;
  if (armed()) loop_.disarm(*this);
  disarm_next_attempt();
  hand_hops_up();
  stop_listening();
  status_ = std::move(status);
  if (loop_channel_ != nullptr) std::exchange(loop_channel_, nullptr)->remove(*this);
  add_reference();
  headers_waiting_.resume();
  reader_waiting_.resume();
  writer_waiting_.resume();
  end_waiting_.resume();
  if (begun_) drop_reference();
  drop_reference();
}

void OutgoingCall::forget_waiters() {
  headers_waiting_ = reader_waiting_ = writer_waiting_ = end_waiting_ = Waiter{};
}

// A thread that cancels has no reference; its job finds the call all the same and deletes it then.
void OutgoingCall::delete_unless_awaited() {
  if (cancellations_under_way_.load(std::memory_order_acquire) == 0) delete this;
}

void OutgoingCall::dropped_by_caller() {
  if (loop_.is_current()) {
    cancel();
    return drop_reference();
  }
  const bool posted = loop_.post([this] {
    cancel();
    drop_reference();
  });
  if (!posted) drop_reference();
}

}  // namespace parlance::detail
