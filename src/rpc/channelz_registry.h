#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/loop.h"
#include "rpc/channelz_info.h"

namespace parlance::detail {

class ChannelCore;
class ServerLoop;

/// A server that runs. Never changes once it is made.
struct ChannelzServer {
  /// How to ask one of its loops: a job posted to `handle` may use `*loop`, which is null once the server has
  /// left the loop.
  struct Part {
    net::LoopHandle handle;
    std::shared_ptr<ServerLoop*> loop;
  };

  std::int64_t id = 0;
  std::string name;
  std::vector<ChannelzSocket> listeners;
  std::vector<Part> parts;
};

/// The servers and channels of this process by their ids, and nothing else: figures are asked of the loops.
/// From any thread.
class ChannelzRegistry {
 public:
  static ChannelzRegistry& instance();
  /// An id for a channel, a subchannel, a socket or a server, never given before.
  static std::int64_t new_id();

  void add(std::shared_ptr<const ChannelzServer> server);
  void remove_server(std::int64_t id);
  void add(std::int64_t id, std::weak_ptr<ChannelCore> channel);
  void remove_channel(std::int64_t id);

  /// Those with an id of at least `from`, in the order of their ids.
  std::vector<std::shared_ptr<const ChannelzServer>> servers(std::int64_t from = 0) const;
  std::vector<std::shared_ptr<ChannelCore>> channels(std::int64_t from = 0) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const ChannelzServer>> servers_;  // guarded by mutex_
  std::map<std::int64_t, std::weak_ptr<ChannelCore>> channels_;            // guarded by mutex_
};

}  // namespace parlance::detail
