#include "services/channelz_messages.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>

namespace parlance::services {
namespace {

using State = channelz::ChannelConnectivityState;

void set_time(google::protobuf::Timestamp& into, TimePoint at, const ChannelzNow& now) {
  using namespace std::chrono;
  const auto wall = now.wall - duration_cast<system_clock::duration>(now.steady - at);
  const auto since_epoch = wall.time_since_epoch();
  const auto whole = floor<seconds>(since_epoch);
  into.set_seconds(whole.count());
  into.set_nanos(static_cast<std::int32_t>(duration_cast<nanoseconds>(since_epoch - whole).count()));
}

// `timestamp` gives the field; it is left unset for what never happened.
template <typename Timestamp>
void set_if_ever(TimePoint at, const ChannelzNow& now, Timestamp timestamp) {
  if (at != TimePoint{}) set_time(*timestamp(), at, now);
}

State::State state_of(Connectivity state) {
  switch (state) {
    case Connectivity::kIdle:
      return State::IDLE;
    case Connectivity::kConnecting:
      return State::CONNECTING;
    case Connectivity::kReady:
      return State::READY;
    case Connectivity::kTransientFailure:
      return State::TRANSIENT_FAILURE;
    case Connectivity::kShutdown:
      return State::SHUTDOWN;
  }
  return State::UNKNOWN;
}

channelz::Address address_of(const net::Endpoint& endpoint) {
  channelz::Address address;
  if (endpoint.family() == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in*>(endpoint.address())->sin_addr;
    address.mutable_tcpip_address()->set_ip_address(&ip, sizeof ip);
    address.mutable_tcpip_address()->set_port(endpoint.port());
  } else if (endpoint.family() == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6*>(endpoint.address())->sin6_addr;
    address.mutable_tcpip_address()->set_ip_address(&ip, sizeof ip);
    address.mutable_tcpip_address()->set_port(endpoint.port());
  } else if (endpoint.is_unix()) {
    address.mutable_uds_address()->set_filename(
        endpoint.to_string().substr(std::string_view{"unix:"}.size()));
  } else {
    address.mutable_other_address()->set_name(endpoint.to_string());
  }
  return address;
}

void add_events(channelz::ChannelTrace& into, const detail::Trace& trace, const ChannelzNow& now) {
  into.set_num_events_logged(into.num_events_logged() + trace.logged());
  for (const detail::Trace::Event& event : trace.events()) {
    channelz::ChannelTraceEvent& told = *into.add_events();
    told.set_description(event.text);
    told.set_severity(event.is_warning ? channelz::ChannelTraceEvent::CT_WARNING
                                       : channelz::ChannelTraceEvent::CT_INFO);
    set_time(*told.mutable_timestamp(), event.at, now);
  }
}

// The loops' traces as one, in the order of time; the channel is as old as its oldest part.
template <typename Part>
channelz::ChannelTrace trace_of(const std::vector<Part>& parts, const ChannelzNow& now) {
  channelz::ChannelTrace trace;
  TimePoint created = TimePoint::max();
  for (const Part& part : parts) {
    add_events(trace, part.trace, now);
    created = std::min(created, part.trace.created_at());
  }
  if (!parts.empty()) set_time(*trace.mutable_creation_timestamp(), created, now);
  std::ranges::stable_sort(*trace.mutable_events(), {}, [](const channelz::ChannelTraceEvent& event) {
    return std::pair{event.timestamp().seconds(), event.timestamp().nanos()};
  });
  return trace;
}

// For ChannelData and ServerData alike.
template <typename Data>
void set_calls(Data& data, const detail::CallFigures& calls, const ChannelzNow& now) {
  data.set_calls_started(calls.started);
  data.set_calls_succeeded(calls.succeeded);
  data.set_calls_failed(calls.failed);
  set_if_ever(calls.last_started_at, now, [&] { return data.mutable_last_call_started_timestamp(); });
}

template <typename Part>
detail::CallFigures calls_of(const std::vector<Part>& parts) {
  detail::CallFigures sum;
  for (const Part& part : parts) sum.add(part.calls);
  return sum;
}

Connectivity state_of(const std::vector<detail::ChannelzChannelPart>& parts) {
  using enum Connectivity;
  for (const Connectivity state : {kReady, kConnecting, kTransientFailure}) {
    const bool found = std::ranges::any_of(parts, [&](const auto& part) { return part.state == state; });
    if (found) return state;
  }
  return kIdle;
}

channelz::SubchannelRef subchannel_ref(const detail::ChannelzRef& ref) {
  channelz::SubchannelRef message;
  message.set_subchannel_id(ref.id);
  message.set_name(ref.name);
  return message;
}

channelz::SocketData data_of(const detail::ChannelzSocket& socket, const ChannelzNow& now) {
  const detail::SocketFigures& figures = socket.figures;
  channelz::SocketData data;
  data.set_streams_started(figures.streams.started);
  data.set_streams_succeeded(figures.streams.succeeded);
  data.set_streams_failed(figures.streams.failed);
  data.set_messages_sent(figures.messages_sent);
  data.set_messages_received(figures.messages_received);
  data.set_keep_alives_sent(figures.keepalives_sent);
  set_if_ever(figures.streams.last_started_at, now, [&] {
    return socket.is_client ? data.mutable_last_local_stream_created_timestamp()
                            : data.mutable_last_remote_stream_created_timestamp();
  });
  set_if_ever(figures.last_sent_at, now, [&] { return data.mutable_last_message_sent_timestamp(); });
  set_if_ever(figures.last_received_at, now, [&] { return data.mutable_last_message_received_timestamp(); });
  data.mutable_local_flow_control_window()->set_value(socket.send_window_bytes);
  data.mutable_remote_flow_control_window()->set_value(socket.receive_window_bytes);
  data.set_peer_max_concurrent_streams(socket.peer_max_concurrent_streams);
  if (socket.received_goaway) data.mutable_received_goaway_error()->set_value(*socket.received_goaway);
  return data;
}

}  // namespace

channelz::SocketRef socket_ref(const detail::ChannelzRef& ref) {
  channelz::SocketRef message;
  message.set_socket_id(ref.id);
  message.set_name(ref.name);
  return message;
}

channelz::Socket to_message(const detail::ChannelzSocket& socket, const ChannelzNow& now) {
  channelz::Socket message;
  *message.mutable_ref() = socket_ref(socket.ref);
  *message.mutable_local() = address_of(socket.local);
  if (!socket.remote) return message;  // it listens
  *message.mutable_data() = data_of(socket, now);
  *message.mutable_remote() = address_of(*socket.remote);
  if (!socket.cipher.empty()) message.mutable_security()->mutable_tls()->set_standard_name(socket.cipher);
  return message;
}

channelz::Subchannel to_message(const detail::ChannelzSubchannel& subchannel, const ChannelzNow& now) {
  channelz::Subchannel message;
  *message.mutable_ref() = subchannel_ref(subchannel.ref);
  channelz::ChannelData& data = *message.mutable_data();
  data.mutable_state()->set_state(state_of(subchannel.state));
  data.set_target(subchannel.ref.name);
  set_calls(data, subchannel.attempts, now);
  add_events(*data.mutable_trace(), subchannel.trace, now);
  set_time(*data.mutable_trace()->mutable_creation_timestamp(), subchannel.trace.created_at(), now);
  for (const auto& socket : subchannel.sockets) *message.add_socket_ref() = socket_ref(socket);
  return message;
}

channelz::Channel to_message(const detail::ChannelzRef& channel,
                             const std::vector<detail::ChannelzChannelPart>& parts, const ChannelzNow& now) {
  channelz::Channel message;
  message.mutable_ref()->set_channel_id(channel.id);
  message.mutable_ref()->set_name(channel.name);
  channelz::ChannelData& data = *message.mutable_data();
  data.mutable_state()->set_state(state_of(state_of(parts)));
  data.set_target(channel.name);
  set_calls(data, calls_of(parts), now);
  *data.mutable_trace() = trace_of(parts, now);
  for (const auto& part : parts) {
    data.set_max_connections_per_subchannel(static_cast<std::uint32_t>(part.max_connections_per_subchannel));
    for (const auto& subchannel : part.subchannels)
      *message.add_subchannel_ref() = subchannel_ref(subchannel);
  }
  return message;
}

channelz::Server to_message(const detail::ChannelzServer& server,
                            const std::vector<detail::ChannelzServerPart>& parts, const ChannelzNow& now) {
  channelz::Server message;
  message.mutable_ref()->set_server_id(server.id);
  message.mutable_ref()->set_name(server.name);
  set_calls(*message.mutable_data(), calls_of(parts), now);
  *message.mutable_data()->mutable_trace() = trace_of(parts, now);
  for (const auto& listener : server.listeners) *message.add_listen_socket() = socket_ref(listener.ref);
  return message;
}

}  // namespace parlance::services
