#pragma once

#include "grpc/channelz/v1/channelz.pb.h"
#include "rpc/channelz_info.h"
#include "rpc/channelz_registry.h"

namespace parlance::services {

// What the runtime tells of itself as messages of channelz. Moments become times of day by the clocks of
// `now`.

namespace channelz = ::grpc::channelz::v1;

/// One moment on both clocks.
struct ChannelzNow {
  TimePoint steady;
  std::chrono::system_clock::time_point wall;
  static ChannelzNow read() { return {Clock::now(), std::chrono::system_clock::now()}; }
};

channelz::SocketRef socket_ref(const detail::ChannelzRef& ref);
channelz::Socket to_message(const detail::ChannelzSocket& socket, const ChannelzNow& now);
channelz::Subchannel to_message(const detail::ChannelzSubchannel& subchannel, const ChannelzNow& now);
/// Of all loops' parts; without one the channel is idle. READY when one loop is, else CONNECTING,
/// TRANSIENT_FAILURE, IDLE in this order.
channelz::Channel to_message(const detail::ChannelzRef& channel,
                             const std::vector<detail::ChannelzChannelPart>& parts, const ChannelzNow& now);
channelz::Server to_message(const detail::ChannelzServer& server,
                            const std::vector<detail::ChannelzServerPart>& parts, const ChannelzNow& now);

}  // namespace parlance::services
