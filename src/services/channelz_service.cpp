#include "services/channelz_service.h"

#include <algorithm>
#include <string>

#include "base/concat.h"
#include "grpc/channelz/v1/channelz.parlance.h"
#include "grpc/error_details.h"
#include "rpc/channel_core.h"
#include "rpc/gather.h"
#include "rpc/loop_channel.h"
#include "rpc/server_connection.h"
#include "services/channelz_messages.h"

namespace parlance::services {
namespace {

using detail::ChannelCore;
using detail::ChannelzChannelPart;
using detail::ChannelzRef;
using detail::ChannelzRegistry;
using detail::ChannelzServer;
using detail::ChannelzServerPart;
using detail::ChannelzSocket;
using detail::ChannelzSubchannel;
using detail::Gather;
using detail::LoopChannel;
using detail::ServerLoop;

using Channels = std::vector<std::shared_ptr<ChannelCore>>;
using Servers = std::vector<std::shared_ptr<const ChannelzServer>>;

constexpr std::size_t kUsualResults = 100;
constexpr std::size_t kMostResults = 1000;

Status not_found(std::string_view what, std::int64_t id) {
  return grpc::make_error(StatusCode::kNotFound, "CHANNELZ_UNKNOWN_ID",
                          concat("no ", what, " has the id ", std::to_string(id)),
                          {{"hop", "server"}, {"observed", std::to_string(id)}});
}

Status negative(std::string_view field) {
  return grpc::make_error(StatusCode::kInvalidArgument, "CHANNELZ_NEGATIVE", concat(field, " is negative"),
                          {{"hop", "server"}, {"knob", std::string{field}}});
}

std::size_t most_results(std::int64_t asked) {
  return asked == 0 ? kUsualResults : std::min(static_cast<std::size_t>(asked), kMostResults);
}

// Cuts a list to what was asked for; whether that was all.
template <typename Item>
bool cut(std::vector<Item>& items, std::int64_t max_results) {
  const std::size_t most = most_results(max_results);
  const bool whole = items.size() <= most;
  if (!whole) items.erase(items.begin() + static_cast<std::ptrdiff_t>(most), items.end());
  return whole;
}

// What `look` finds in the channel's part on each of its loops.
template <typename Part, typename Look>
void ask(Gather<Part>& gather, const ChannelCore& channel, Look look) {
  for (const net::LoopHandle& loop : channel.loops()) {
    gather.ask(loop, [key = channel.key(), look]() -> std::optional<Part> {
      const LoopChannel* part = key.find_on(*net::Loop::current());
      return part == nullptr ? std::nullopt : look(*part);
    });
  }
}

// The same on each of a server's loops.
template <typename Part, typename Look>
void ask(Gather<Part>& gather, const ChannelzServer& server, Look look) {
  for (const ChannelzServer::Part& part : server.parts) {
    gather.ask(part.handle, [loop = part.loop, look]() -> std::optional<Part> {
      return *loop == nullptr ? std::nullopt : look(**loop);
    });
  }
}

// What these are given by reference must outlive them: they are awaited at once.
Task<channelz::Channel> describe(const std::shared_ptr<ChannelCore>& channel) {
  Gather<ChannelzChannelPart> gather;
  ask(gather, *channel, [](const LoopChannel& part) { return std::optional{part.describe()}; });
  const auto parts = co_await gather;
  const ChannelzRef ref{channel->channelz_id(), channel->config().target};
  co_return to_message(ref, parts, ChannelzNow::read());
}

Task<std::vector<ChannelzServerPart>> parts_of(const std::shared_ptr<const ChannelzServer>& server) {
  Gather<ChannelzServerPart> gather;
  ask(gather, *server, [](const ServerLoop& loop) { return std::optional{loop.describe()}; });
  co_return co_await gather;
}

Task<channelz::Server> describe(const std::shared_ptr<const ChannelzServer>& server) {
  const auto parts = co_await parts_of(server);
  co_return to_message(*server, parts, ChannelzNow::read());
}

class ChannelzService final : public channelz::Channelz::Handler {
 public:
  Task<Result<channelz::GetTopChannelsResponse>> GetTopChannels(
      ServerCall&, Incoming<channelz::GetTopChannelsRequest> request) override {
    if (request->start_channel_id() < 0) co_return negative("start_channel_id");
    if (request->max_results() < 0) co_return negative("max_results");
    Channels channels = ChannelzRegistry::instance().channels(request->start_channel_id());
    channelz::GetTopChannelsResponse response;
    response.set_end(cut(channels, request->max_results()));
    for (const auto& channel : channels) {
      channelz::Channel described = co_await describe(channel);
      *response.add_channel() = std::move(described);
    }
    co_return response;
  }

  Task<Result<channelz::GetServersResponse>> GetServers(
      ServerCall&, Incoming<channelz::GetServersRequest> request) override {
    if (request->start_server_id() < 0) co_return negative("start_server_id");
    if (request->max_results() < 0) co_return negative("max_results");
    Servers servers = ChannelzRegistry::instance().servers(request->start_server_id());
    channelz::GetServersResponse response;
    response.set_end(cut(servers, request->max_results()));
    for (const auto& server : servers) {
      channelz::Server described = co_await describe(server);
      *response.add_server() = std::move(described);
    }
    co_return response;
  }

  Task<Result<channelz::GetServerResponse>> GetServer(ServerCall&,
                                                      Incoming<channelz::GetServerRequest> request) override {
    const auto server = server_with(request->server_id());
    if (server == nullptr) co_return not_found("server", request->server_id());
    channelz::Server described = co_await describe(server);
    channelz::GetServerResponse response;
    *response.mutable_server() = std::move(described);
    co_return response;
  }

  Task<Result<channelz::GetServerSocketsResponse>> GetServerSockets(
      ServerCall&, Incoming<channelz::GetServerSocketsRequest> request) override {
    if (request->start_socket_id() < 0) co_return negative("start_socket_id");
    if (request->max_results() < 0) co_return negative("max_results");
    const auto server = server_with(request->server_id());
    if (server == nullptr) co_return not_found("server", request->server_id());
    const auto parts = co_await parts_of(server);
    std::vector<ChannelzRef> sockets;
    for (const auto& part : parts) {
      for (const ChannelzRef& socket : part.sockets) {
        if (socket.id >= request->start_socket_id()) sockets.push_back(socket);
      }
    }
    std::ranges::sort(sockets, {}, &ChannelzRef::id);
    channelz::GetServerSocketsResponse response;
    response.set_end(cut(sockets, request->max_results()));
    for (const ChannelzRef& socket : sockets) *response.add_socket_ref() = socket_ref(socket);
    co_return response;
  }

  Task<Result<channelz::GetChannelResponse>> GetChannel(
      ServerCall&, Incoming<channelz::GetChannelRequest> request) override {
    const Channels channels = ChannelzRegistry::instance().channels(request->channel_id());
    if (channels.empty() || channels.front()->channelz_id() != request->channel_id()) {
      co_return not_found("channel", request->channel_id());
    }
    channelz::Channel described = co_await describe(channels.front());
    channelz::GetChannelResponse response;
    *response.mutable_channel() = std::move(described);
    co_return response;
  }

  Task<Result<channelz::GetSubchannelResponse>> GetSubchannel(
      ServerCall&, Incoming<channelz::GetSubchannelRequest> request) override {
    const std::int64_t id = request->subchannel_id();
    const Channels channels = ChannelzRegistry::instance().channels();
    Gather<ChannelzSubchannel> gather;
    const auto look = [id](const LoopChannel& part) { return part.describe_subchannel(id); };
    for (const auto& channel : channels) ask(gather, *channel, look);
    const auto found = co_await gather;
    if (found.empty()) co_return not_found("subchannel", id);
    channelz::GetSubchannelResponse response;
    *response.mutable_subchannel() = to_message(found.front(), ChannelzNow::read());
    co_return response;
  }

  Task<Result<channelz::GetSocketResponse>> GetSocket(ServerCall&,
                                                      Incoming<channelz::GetSocketRequest> request) override {
    const std::int64_t id = request->socket_id();
    const Channels channels = ChannelzRegistry::instance().channels();
    const Servers servers = ChannelzRegistry::instance().servers();
    Gather<ChannelzSocket> gather;
    const auto look = [id](const auto& part) { return part.describe_socket(id); };
    for (const auto& channel : channels) ask(gather, *channel, look);
    for (const auto& server : servers) ask(gather, *server, look);
    auto found = co_await gather;
    for (const auto& server : servers) {
      for (const ChannelzSocket& listener : server->listeners) {
        if (listener.ref.id == id) found.push_back(listener);
      }
    }
    if (found.empty()) co_return not_found("socket", id);
    channelz::GetSocketResponse response;
    *response.mutable_socket() = to_message(found.front(), ChannelzNow::read());
    co_return response;
  }

 private:
  static std::shared_ptr<const ChannelzServer> server_with(std::int64_t id) {
    const Servers servers = ChannelzRegistry::instance().servers(id);
    return servers.empty() || servers.front()->id != id ? nullptr : servers.front();
  }
};

}  // namespace

std::shared_ptr<Service> make_channelz_service() { return std::make_shared<ChannelzService>(); }

}  // namespace parlance::services
