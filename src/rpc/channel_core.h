#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/connect.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "rpc/channel.h"
#include "rpc/client_method.h"
#include "rpc/target.h"

namespace parlance::detail {

class LoopChannel;

/// What a channel was opened with; never changes.
struct ChannelConfig {
  std::string target;
  ChannelOptions options;
  std::string authority;
  std::string user_agent;
  /// Where to connect, or why no call can be made (a target or certificates that mean nothing).
  decltype(Target::means) means;
  /// Null: plaintext.
  std::shared_ptr<net::TlsContext> tls;
  /// The config of `options`, or the default one: in force until the resolver brings another.
  std::shared_ptr<const ServiceConfig> service_config;

  /// The server's name as the authority gives it, without the port.
  std::string host() const;
  net::Connector& connector() const;
};

/// What the copies of a Channel share.
class ChannelCore {
 public:
  explicit ChannelCore(std::shared_ptr<const ChannelConfig> config);
  /// Drops the channel's part on every loop that has one.
  ~ChannelCore();
  ChannelCore(const ChannelCore&) = delete;
  ChannelCore& operator=(const ChannelCore&) = delete;

  const ChannelConfig& config() const { return *config_; }
  const std::shared_ptr<const ChannelConfig>& shared_config() const { return config_; }
  /// Makes sure that `loop` is told when the channel goes. From any thread.
  void attach(net::Loop& loop);

  /// The channel's part on the current loop, which is `loop`.
  LoopChannel& part_on(net::Loop& loop);

  /// How a call finds the channel's part on its loop, even when the channel has just gone.
  struct Key {
    std::uint64_t number;
    std::shared_ptr<const ChannelConfig> config;
    /// Only on the loop's thread.
    LoopChannel& on(net::Loop& loop) const;
    /// The same if there is one already, else null.
    LoopChannel* find_on(net::Loop& loop) const;
  };
  const Key& key() const { return key_; }
  /// What calls of `path` have in common; null when the channel has too many methods to keep. From any
  /// thread.
  const ClientMethod* find_method(std::string_view path) { return methods_.find(*config_, path); }

  std::int64_t channelz_id() const { return channelz_id_; }
  /// The loops that have a part of the channel, or had one and forgot it. From any thread.
  std::vector<net::LoopHandle> loops() const;

 private:
  const std::shared_ptr<const ChannelConfig> config_;
  const Key key_;
  const std::int64_t channelz_id_;
  ClientMethods methods_;
  mutable std::mutex mutex_;
  std::vector<std::pair<const net::Loop*, net::LoopHandle>> loops_;  // guarded by mutex_
};

}  // namespace parlance::detail
