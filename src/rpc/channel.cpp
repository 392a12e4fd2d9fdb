#include "rpc/channel.h"

#include <algorithm>

#include "base/version.h"
#include "grpc/error_details.h"
#include "rpc/call_scope.h"
#include "rpc/channel_core.h"
#include "rpc/channelz_registry.h"
#include "rpc/loop_channel.h"

namespace parlance {
namespace {

void set_tls(detail::ChannelConfig& config, const TlsClientOptions& options) {
  auto context = net::TlsContext::client(options);
  if (context) {
    config.tls = *std::move(context);
  } else {
    config.means = grpc::make_error(StatusCode::kInvalidArgument, "TLS_CONFIGURATION", context.error(),
                                    {{"hop", "client"}, {"knob", "ChannelOptions::tls"}});
  }
}

std::string user_agent_of(const ChannelOptions& options) {
  const std::string own = "grpc-c++-parlance/" + std::string{kVersion};
  return options.user_agent.empty() ? own : options.user_agent + " " + own;
}

}  // namespace

Channel Channel::open(std::string_view target, ChannelOptions options) {
  auto config = std::make_shared<detail::ChannelConfig>();
  config->target = target;
  detail::Target parsed = detail::Target::parse(target);
  config->means = std::move(parsed.means);
  config->authority = options.authority.empty() ? std::move(parsed.authority) : options.authority;
  config->user_agent = user_agent_of(options);
  config->service_config = std::make_shared<const ServiceConfig>(options.service_config);
  if (options.tls) set_tls(*config, *options.tls);
  config->options = std::move(options);
  // Whoever waits above the high-water mark is told at the low one.
  config->options.http2.send_low_water_bytes =
      std::min(config->options.http2.send_low_water_bytes, config->options.send_high_water_bytes);
  auto core = std::make_shared<detail::ChannelCore>(std::move(config));
  detail::ChannelzRegistry::instance().add(core->channelz_id(), core);
  return Channel{std::move(core)};
}

const std::string& Channel::target() const { return core_->config().target; }

namespace {

using detail::LoopChannel;

// Awaited: the state of a channel changes, or the deadline passes.
class StateChange final : TimerNode, LoopChannel::StateWatcher {
 public:
  StateChange(LoopChannel& channel, Deadline deadline) : channel_(channel), deadline_(deadline) {}
  ~StateChange() override { stop(); }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = detail::Waiter{waiter};
    channel_.watch(*this);
    if (!deadline_.is_never()) channel_.loop().arm(*this, deadline_.at());
  }
  void await_resume() const {}

 private:
  void stop() {
    channel_.loop().disarm(*this);
    channel_.unwatch(*this);
  }
  void on_timer() override { on_state_changed(); }
  void on_state_changed() override {
    stop();
    waiter_.resume();
  }

  LoopChannel& channel_;
  Deadline deadline_;
  detail::Waiter waiter_;
};

LoopChannel& part_on_this_loop(const Channel& channel) {
  return channel.core().part_on(*net::Loop::current());
}

Task<Connectivity> state_of(Channel channel) { co_return part_on_this_loop(channel).state(); }

Task<Connectivity> wait_for_other_state(Channel channel, Connectivity from, Deadline deadline) {
  LoopChannel& part = part_on_this_loop(channel);
  while (part.state() == from && !deadline.expired(Clock::now())) {
    StateChange change{part, deadline};
    co_await change;
  }
  co_return part.state();
}

Task<bool> wait_for_server(Channel channel, Deadline deadline) {
  LoopChannel& part = part_on_this_loop(channel);
  part.connect_now();
  while (part.state() != Connectivity::kReady && !deadline.expired(Clock::now())) {
    StateChange change{part, deadline};
    co_await change;
    part.connect_now();
  }
  co_return part.state() == Connectivity::kReady;
}

}  // namespace

Task<Connectivity> Channel::state() const { return state_of(*this); }

Task<Connectivity> Channel::state_other_than(Connectivity from, Deadline deadline) const {
  return wait_for_other_state(*this, from, deadline);
}

Task<bool> Channel::wait_until_ready(Deadline deadline) const { return wait_for_server(*this, deadline); }

namespace detail {

std::string ChannelConfig::host() const {
  const auto parsed = net::HostPort::parse(authority);
  return parsed ? parsed->host : authority;
}

net::Connector& ChannelConfig::connector() const {
  return options.connector != nullptr ? *options.connector : net::socket_connector();
}

ChannelCore::ChannelCore(std::shared_ptr<const ChannelConfig> config)
    : config_(std::move(config)),
      key_{net::Loop::new_local_key(), config_},
      channelz_id_(ChannelzRegistry::new_id()) {}

ChannelCore::~ChannelCore() {
  ChannelzRegistry::instance().remove_channel(channelz_id_);
  for (const auto& [loop, handle] : loops_) {
    handle.post([key = key_.number] { net::Loop::current()->drop_local(key); });
  }
}

LoopChannel& ChannelCore::part_on(net::Loop& loop) {
  if (LoopChannel* part = key_.find_on(loop)) return *part;
  attach(loop);
  return key_.on(loop);
}

void ChannelCore::attach(net::Loop& loop) {
  const std::lock_guard lock{mutex_};
  for (const auto& [attached, handle] : loops_) {
    if (attached == &loop) return;
  }
  loops_.emplace_back(&loop, loop.handle());
}

std::vector<net::LoopHandle> ChannelCore::loops() const {
  const std::lock_guard lock{mutex_};
  std::vector<net::LoopHandle> handles;
  for (const auto& [loop, handle] : loops_) handles.push_back(handle);
  return handles;
}

LoopChannel* ChannelCore::Key::find_on(net::Loop& loop) const {
  return static_cast<LoopChannel*>(loop.local(number));
}

LoopChannel& ChannelCore::Key::on(net::Loop& loop) const {
  net::LoopLocal* existing = loop.local(number);
  if (existing == nullptr) {
    existing = &loop.set_local(number, std::make_unique<LoopChannel>(loop, config));
  }
  return static_cast<LoopChannel&>(*existing);
}

}  // namespace detail
}  // namespace parlance
