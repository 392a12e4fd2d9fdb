#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/timer_heap.h"
#include "net/loop.h"
#include "net/random.h"
#include "rpc/attempt_queue.h"
#include "rpc/balancing/policy.h"
#include "rpc/channel_core.h"
#include "rpc/method_memory.h"
#include "rpc/resolver.h"
#include "rpc/retry_throttle.h"
#include "rpc/server_watch.h"
#include "rpc/service_config.h"
#include "rpc/subchannel.h"

namespace parlance::detail {

class OutgoingCall;

/// A channel on one loop: its resolver, its balancing policy, its subchannels, and the calls under way. A
/// call asks for its service config, then each of its attempts for a backend; both may have to wait here.
class LoopChannel final : public net::LoopLocal, Resolver::Listener, balancing::PolicyHost, net::TurnEnd {
 public:
  LoopChannel(net::Loop& loop, std::shared_ptr<const ChannelConfig> config);
  /// Open calls end with UNAVAILABLE.
  ~LoopChannel() override;

  const ChannelConfig& config() const { return *config_; }
  const std::shared_ptr<const ChannelConfig>& shared_config() const { return config_; }
  net::Loop& loop() { return loop_; }

  // --- for calls and their attempts
  void add(OutgoingCall& call);
  void remove(OutgoingCall& call);
  /// For a call that is about to be added: the channel lives until the last call here has been removed.
  void keep_alive(const Channel& channel) {
    if (!in_use_) in_use_ = channel;
  }
  /// What the channel keeps of the method; null when it keeps too many. `core` is the channel's.
  const ClientMethod* find_method(ChannelCore& core, std::string_view path) {
    return methods_.find(core, path);
  }
  /// Whether the service config gives calls of the method a timeout, as far as is known; true while it is
  /// not.
  bool may_have_timeout(const ClientMethod& method) {
    return !resolved_ || methods_.config(method, *service_config_).timeout.has_value();
  }
  /// Calls OutgoingCall::configure or ::fail, now or later.
  void begin(OutgoingCall& call);
  /// Hands the attempt to a backend, now or later, or fails it.
  void start(ClientStream& attempt);
  void on_attempt_ended(balancing::BackendId backend, StatusCode code,
                        const std::optional<balancing::LoadReport>& load);
  RetryThrottle& throttle() { return *throttle_; }
  /// In [0, 1).
  double random_unit();

  // --- for subchannels
  const ServiceConfig& service_config() const { return *service_config_; }
  balancing::Policy& policy() { return *policy_; }
  const KeepaliveOptions& keepalive() const { return keepalive_; }
  /// A server said "too_many_pings".
  void ping_less_often() { keepalive_.time *= 2; }
  bool watches_servers() const;
  ServerWatchOptions watch_options() const;
  void on_connecting(Subchannel& subchannel);
  void on_state(Subchannel& subchannel, const Status& why);
  /// Attempts that had been given to a backend that is not ready any more: they choose anew.
  void take_back(AttemptQueue& attempts);
  /// A subchannel has no connection any more.
  void on_emptied() { loop_.at_turn_end(*this); }

  // --- for whoever watches the channel
  Connectivity state() const;
  ChannelzChannelPart describe() const;
  /// The subchannel, or the connection, with that id, if it is here.
  std::optional<ChannelzSubchannel> describe_subchannel(std::int64_t id) const;
  std::optional<ChannelzSocket> describe_socket(std::int64_t id) const;
  /// Resolves and connects though no call asks for it.
  void connect_now();
  /// Told when state() has changed; may stop watching from within that, and is told no more afterwards.
  class StateWatcher {
   public:
    virtual void on_state_changed() = 0;

   protected:
    ~StateWatcher() = default;
  };
  void watch(StateWatcher& watcher) { state_watchers_.push_back(&watcher); }
  void unwatch(StateWatcher& watcher) { std::erase(state_watchers_, &watcher); }

 private:
  // Resolver::Listener
  void on_resolved(Resolver::Answer answer) override;
  void on_resolution_failed(const std::string& why) override;
  // balancing::PolicyHost
  TimePoint now() const override { return loop_.now(); }
  void connect(balancing::BackendId backend) override;
  void release(balancing::BackendId backend) override;
  void resolve_again() override;
  void arm(TimePoint at) override;
  void picks_changed() override { loop_.at_turn_end(*this); }
  std::uint64_t random() override { return net::thread_random()(); }

  void on_turn_end() override;
  void resolve();
  void use_service_config(const std::optional<std::string>& json);
  std::vector<balancing::Backend> update_subchannels(const std::vector<net::Endpoint>& endpoints);
  void place(ClientStream& attempt);
  void place_waiting();
  void tell_connecting();
  void tell_state_watchers();
  Status unresolved() const;
  Subchannel& subchannel(balancing::BackendId backend);

  struct PolicyTimer final : TimerNode {
    explicit PolicyTimer(LoopChannel& of) : channel(of) {}
    void on_timer() override { channel.policy_->on_timer(); }
    LoopChannel& channel;
  };

  net::Loop& loop_;
  const std::shared_ptr<const ChannelConfig> config_;
  std::shared_ptr<const ServiceConfig> service_config_;
  std::optional<std::string> service_config_json_;  // of the resolver
  MethodMemory methods_;
  std::optional<RetryThrottle> throttle_;
  KeepaliveOptions keepalive_;  // less often after "too_many_pings"

  std::unique_ptr<Resolver> resolver_;
  std::string resolution_failure_;
  bool resolved_ = false;
  bool closing_ = false;

  std::unordered_map<balancing::BackendId, std::unique_ptr<Subchannel>> subchannels_;
  std::map<std::string, balancing::BackendId, std::less<>> by_address_;
  std::vector<std::unique_ptr<Subchannel>> retired_;  // out of the list; their calls run on
  balancing::BackendId last_backend_ = 0;
  Subchannel* last_used_ = nullptr;               // of subchannels_
  std::vector<balancing::BackendId> connecting_;  // of which the policy is to be told
  std::unique_ptr<balancing::Policy> policy_;
  PolicyTimer policy_timer_{*this};

  CallFigures figures_;
  Trace trace_;
  std::vector<OutgoingCall*> calls_;
  std::optional<Channel> in_use_;          // while there are any
  std::vector<OutgoingCall*> unresolved_;  // they wait for the first answer of the resolver
  AttemptQueue waiting_;                   // for a backend
  Connectivity told_state_ = Connectivity::kIdle;
  std::vector<StateWatcher*> state_watchers_;
};

}  // namespace parlance::detail
