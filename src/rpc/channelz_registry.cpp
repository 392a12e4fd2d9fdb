#include "rpc/channelz_registry.h"

#include <atomic>

namespace parlance::detail {

// Never destroyed: channels may outlive whatever is.
ChannelzRegistry& ChannelzRegistry::instance() {
  static auto* const instance = new ChannelzRegistry;
  return *instance;
}

std::int64_t ChannelzRegistry::new_id() {
  static std::atomic<std::int64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void ChannelzRegistry::add(std::shared_ptr<const ChannelzServer> server) {
  const std::lock_guard lock{mutex_};
  servers_.emplace(server->id, std::move(server));
}

void ChannelzRegistry::remove_server(std::int64_t id) {
  const std::lock_guard lock{mutex_};
  servers_.erase(id);
}

void ChannelzRegistry::add(std::int64_t id, std::weak_ptr<ChannelCore> channel) {
  const std::lock_guard lock{mutex_};
  channels_.emplace(id, std::move(channel));
}

void ChannelzRegistry::remove_channel(std::int64_t id) {
  const std::lock_guard lock{mutex_};
  channels_.erase(id);
}

std::vector<std::shared_ptr<const ChannelzServer>> ChannelzRegistry::servers(std::int64_t from) const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<const ChannelzServer>> found;
  for (auto next = servers_.lower_bound(from); next != servers_.end(); ++next) found.push_back(next->second);
  return found;
}

// A channel let go of under the lock would come back for it.
std::vector<std::shared_ptr<ChannelCore>> ChannelzRegistry::channels(std::int64_t from) const {
  std::vector<std::shared_ptr<ChannelCore>> found;
  const std::lock_guard lock{mutex_};
  for (auto next = channels_.lower_bound(from); next != channels_.end(); ++next) {
    if (auto channel = next->second.lock()) found.push_back(std::move(channel));
  }
  return found;
}

}  // namespace parlance::detail
