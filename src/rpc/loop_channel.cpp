#include "rpc/loop_channel.h"

#include <algorithm>
#include <random>

#include "rpc/client_errors.h"
#include "rpc/client_stream.h"
#include "rpc/outgoing_call.h"

namespace parlance::detail {

LoopChannel::LoopChannel(net::Loop& loop, std::shared_ptr<const ChannelConfig> config)
    : loop_(loop),
      config_(std::move(config)),
      service_config_(config_->service_config),
      throttle_(service_config_->retry_throttling()),
      keepalive_(config_->options.keepalive),
      trace_(Clock::now()) {}

LoopChannel::~LoopChannel() {
  closing_ = true;
  const Status closed = channel_closed(config_->target);
  while (!calls_.empty()) calls_.back()->end_with(closed);
  while (!state_watchers_.empty()) state_watchers_.back()->on_state_changed();
  loop_.disarm(policy_timer_);
  loop_.cancel_turn_end(*this);
}

void LoopChannel::add(OutgoingCall& call) {
  call.index_ = calls_.size();
  calls_.push_back(&call);
  figures_.start(loop_.now());
}

void LoopChannel::remove(OutgoingCall& call) {
  figures_.end(call.status().ok());
  calls_[call.index_] = calls_.back();
  calls_[call.index_]->index_ = call.index_;
  calls_.pop_back();
  if (!unresolved_.empty()) std::erase(unresolved_, &call);
  if (calls_.empty()) in_use_.reset();
}

void LoopChannel::begin(OutgoingCall& call) {
  if (const auto* refused = std::get_if<Status>(&config_->means)) return call.fail(*refused);
  if (resolver_ == nullptr) resolve();
  if (resolved_) return call.configure(methods_.config(call.method(), *service_config_));
  const bool waits = call.waits_for_ready() || resolution_failure_.empty();
  if (!waits) return call.fail(unresolved());
  unresolved_.push_back(&call);
}

void LoopChannel::resolve() {
  resolver_ = Resolver::make(loop_, *config_, *this);
  resolver_->start();
}

void LoopChannel::connect_now() {
  if (std::holds_alternative<Status>(config_->means)) return;
  if (resolver_ == nullptr) resolve();
  if (policy_ != nullptr) policy_->connect();
  loop_.at_turn_end(*this);
}

void LoopChannel::on_resolved(Resolver::Answer answer) {
  if (answer.endpoints.empty()) return on_resolution_failed("the name has no addresses");
  resolution_failure_.clear();
  const PolicyConfig before = service_config_->load_balancing();
  use_service_config(answer.service_config);
  if (policy_ == nullptr || !same_policy(before, service_config_->load_balancing())) {
    arm(TimePoint::max());
    policy_ = balancing::make_policy(service_config_->load_balancing(), *this);
    for (const auto& [id, subchannel] : subchannels_) subchannel->release();
  }
  policy_->set_backends(update_subchannels(answer.endpoints));
  resolved_ = true;
  // One at a time: whoever begins may end others.
  while (!unresolved_.empty()) {
    OutgoingCall& call = *unresolved_.front();
    unresolved_.erase(unresolved_.begin());
    call.configure(methods_.config(call.method(), *service_config_));
  }
  loop_.at_turn_end(*this);
}

// A config that cannot be read leaves the one before in force (gRPC A21).
void LoopChannel::use_service_config(const std::optional<std::string>& json) {
  if (!json || json == service_config_json_) return;
  auto parsed = ServiceConfig::parse(*json);
  if (!parsed) return;
  service_config_json_ = json;
  for (OutgoingCall* call : calls_) call->keep_service_config(service_config_);
  methods_.forget_configs();
  service_config_ = std::make_shared<const ServiceConfig>(*std::move(parsed));
  throttle_.emplace(service_config_->retry_throttling());
}

std::vector<balancing::Backend> LoopChannel::update_subchannels(const std::vector<net::Endpoint>& endpoints) {
  std::vector<balancing::Backend> backends;
  std::map<std::string, balancing::BackendId, std::less<>> kept;
  for (const net::Endpoint& endpoint : endpoints) {
    const std::string address = endpoint.to_string();
    if (kept.contains(address)) continue;
    const auto known = by_address_.find(address);
    const balancing::BackendId id = known != by_address_.end() ? known->second : ++last_backend_;
    if (known == by_address_.end()) {
      subchannels_.emplace(id, std::make_unique<Subchannel>(*this, id, endpoint));
    }
    kept.emplace(address, id);
    backends.push_back({id, address});
  }
  for (const auto& [address, id] : by_address_) {
    if (kept.contains(address)) continue;
    const auto gone = subchannels_.find(id);
    if (last_used_ == gone->second.get()) last_used_ = nullptr;
    retired_.push_back(std::move(gone->second));
    subchannels_.erase(gone);
    retired_.back()->release();
  }
  by_address_ = std::move(kept);
  return backends;
}

void LoopChannel::on_resolution_failed(const std::string& why) {
  resolution_failure_ = why;
  trace_.add("name resolution failed: " + why, loop_.now(), /*is_warning=*/true);
  loop_.at_turn_end(*this);
  if (resolved_) return;
  const Status status = unresolved();
  const auto next_hopeless = [this] {
    return std::ranges::find_if(unresolved_,
                                [](const OutgoingCall* call) { return !call->waits_for_ready(); });
  };
  for (auto found = next_hopeless(); found != unresolved_.end(); found = next_hopeless()) {
    OutgoingCall& call = **found;
    unresolved_.erase(found);
    call.fail(status);
  }
}

Status LoopChannel::unresolved() const { return name_resolution_failed(*config_, resolution_failure_); }

void LoopChannel::start(ClientStream& attempt) {
  if (!closing_) return place(attempt);
  attempt.fail(channel_closed(config_->target), false);
}

void LoopChannel::place(ClientStream& attempt) {
  OutgoingCall& call = attempt.call();
  balancing::Pick pick = policy_->pick({call.path(), call.request_metadata()});
  switch (pick.kind) {
    case balancing::Pick::Kind::kUse:
      policy_->on_call_started(pick.backend);
      attempt.set_backend(*this, pick.backend);
      return subchannel(pick.backend).take(attempt);
    case balancing::Pick::Kind::kFail:
      if (!call.waits_for_ready()) return attempt.fail(std::move(pick.status));
      break;
    case balancing::Pick::Kind::kWait:
      break;
  }
  waiting_.push(attempt);
}

Subchannel& LoopChannel::subchannel(balancing::BackendId backend) {
  if (last_used_ == nullptr || last_used_->id() != backend) last_used_ = subchannels_.at(backend).get();
  return *last_used_;
}

void LoopChannel::take_back(AttemptQueue& attempts) {
  while (ClientStream* attempt = attempts.pop()) {
    attempt->clear_backend();
    waiting_.push(*attempt);
  }
  loop_.at_turn_end(*this);
}

void LoopChannel::on_attempt_ended(balancing::BackendId backend, StatusCode code,
                                   const std::optional<balancing::LoadReport>& load) {
  if (policy_ == nullptr) return;
  if (load) policy_->on_load_report(backend, *load, /*out_of_band=*/false);
  policy_->on_call_ended(backend, code);
}

double LoopChannel::random_unit() { return std::uniform_real_distribution{}(net::thread_random()); }

bool LoopChannel::watches_servers() const {
  const ServerWatchOptions options = watch_options();
  return options.health_service || options.load_report_period;
}

ServerWatchOptions LoopChannel::watch_options() const {
  ServerWatchOptions options{.health_service = service_config_->health_check_service()};
  const auto* weighted = std::get_if<WeightedRoundRobinConfig>(&service_config_->load_balancing());
  if (weighted != nullptr && weighted->enable_oob_load_report) {
    options.load_report_period = weighted->oob_reporting_period;
  }
  return options;
}

void LoopChannel::connect(balancing::BackendId backend) {
  if (const auto found = subchannels_.find(backend); found != subchannels_.end()) found->second->connect();
}

void LoopChannel::release(balancing::BackendId backend) {
  if (const auto found = subchannels_.find(backend); found != subchannels_.end()) found->second->release();
}

void LoopChannel::resolve_again() {
  if (resolver_ != nullptr) resolver_->resolve_again();
}

void LoopChannel::arm(TimePoint at) {
  if (at == TimePoint::max()) return loop_.disarm(policy_timer_);
  loop_.arm(policy_timer_, at);
}

// The policy asked for it, so it is told when it has returned.
void LoopChannel::on_connecting(Subchannel& subchannel) {
  connecting_.push_back(subchannel.id());
  loop_.at_turn_end(*this);
}

void LoopChannel::on_state(Subchannel& subchannel, const Status& why) {
  if (closing_ || !subchannels_.contains(subchannel.id())) return;
  if (subchannel.state() == Connectivity::kIdle || subchannel.state() == Connectivity::kTransientFailure) {
    std::erase(connecting_, subchannel.id());
  }
  policy_->on_state(subchannel.id(), subchannel.state(), why);
  loop_.at_turn_end(*this);
}

void LoopChannel::on_turn_end() {
  tell_connecting();
  std::erase_if(retired_, [](const auto& subchannel) { return subchannel->is_empty(); });
  place_waiting();
  tell_state_watchers();
}

void LoopChannel::tell_connecting() {
  for (const balancing::BackendId id : std::exchange(connecting_, {})) {
    const auto found = subchannels_.find(id);
    if (found == subchannels_.end() || found->second->state() != Connectivity::kConnecting) continue;
    policy_->on_state(id, Connectivity::kConnecting, {});
  }
}

void LoopChannel::place_waiting() {
  if (policy_ == nullptr || waiting_.empty()) return;
  AttemptQueue waiting;
  waiting.take_all(waiting_);
  while (ClientStream* attempt = waiting.pop()) place(*attempt);
}

Connectivity LoopChannel::state() const {
  if (std::holds_alternative<Status>(config_->means)) return Connectivity::kTransientFailure;
  if (policy_ != nullptr) return policy_->state();
  if (!resolution_failure_.empty()) return Connectivity::kTransientFailure;
  return resolver_ == nullptr ? Connectivity::kIdle : Connectivity::kConnecting;
}

ChannelzChannelPart LoopChannel::describe() const {
  ChannelzChannelPart part{.state = state(),
                           .calls = figures_,
                           .trace = trace_,
                           .max_connections_per_subchannel = service_config_->max_connections_per_backend(),
                           .subchannels = {}};
  for (const auto& [id, subchannel] : subchannels_) {
    part.subchannels.push_back({subchannel->channelz_id(), subchannel->address()});
  }
  for (const auto& subchannel : retired_) {
    part.subchannels.push_back({subchannel->channelz_id(), subchannel->address()});
  }
  return part;
}

std::optional<ChannelzSubchannel> LoopChannel::describe_subchannel(std::int64_t id) const {
  for (const auto& [backend, subchannel] : subchannels_) {
    if (subchannel->channelz_id() == id) return subchannel->describe();
  }
  for (const auto& subchannel : retired_) {
    if (subchannel->channelz_id() == id) return subchannel->describe();
  }
  return std::nullopt;
}

std::optional<ChannelzSocket> LoopChannel::describe_socket(std::int64_t id) const {
  for (const auto& [backend, subchannel] : subchannels_) {
    if (auto socket = subchannel->describe_socket(id)) return socket;
  }
  for (const auto& subchannel : retired_) {
    if (auto socket = subchannel->describe_socket(id)) return socket;
  }
  return std::nullopt;
}

void LoopChannel::tell_state_watchers() {
  if (std::exchange(told_state_, state()) == told_state_) return;
  trace_.add(std::string{name_of(told_state_)}, loop_.now());
  const std::vector<StateWatcher*> watchers = state_watchers_;
  for (StateWatcher* watcher : watchers) {
    if (std::ranges::find(state_watchers_, watcher) != state_watchers_.end()) watcher->on_state_changed();
  }
}

}  // namespace parlance::detail
