#include "net/connect.h"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "net/tcp_stream.h"

namespace parlance::net {
namespace asio = boost::asio;
namespace {

using boost::system::error_code;

struct State : std::enable_shared_from_this<State> {
  State(Loop& owner, ConnectAttempt::OnDone callback)
      : loop(owner),
        socket(owner.io_context()),
        resolver(owner.io_context()),
        timer(owner.io_context()),
        on_done(std::move(callback)) {}

  void limit(Duration timeout) {
    timer.expires_after(timeout);
    timer.async_wait([self = shared_from_this()](const error_code& cancelled) {
      if (cancelled) return;
      self->note_failure("no answer in time");
      self->finish_failed();
    });
  }

  void resolve(const HostPort& host) {
    what = host.host + ":" + std::to_string(host.port);
    resolver.async_resolve(host.host, std::to_string(host.port),
                           [self = shared_from_this()](const error_code& error,
                                                       const asio::ip::tcp::resolver::results_type& found) {
                             if (self->done) return;
                             self->loop.begin_event();
                             if (error) {
                               self->note_failure("name lookup failed (" + error.message() + ")");
                               return self->finish_failed();
                             }
                             for (const auto& entry : found) {
                               const auto& address = entry.endpoint();
                               self->endpoints.emplace_back(address.data(),
                                                            static_cast<socklen_t>(address.size()));
                             }
                             self->connect_next();
                           });
  }

  void connect_next() {
    if (next == endpoints.size()) return finish_failed();
    const Endpoint& endpoint = endpoints[next++];
    what = endpoint.to_string();
    error_code error;
    socket.close(error);
    socket.open(asio::generic::stream_protocol{endpoint.family(), endpoint.is_unix() ? 0 : IPPROTO_TCP},
                error);
    if (error) return failed_here(error);
    const asio::generic::stream_protocol::endpoint address{endpoint.address(), endpoint.size_bytes()};
    socket.async_connect(address, [self = shared_from_this()](const error_code& result) {
      if (self->done) return;
      self->loop.begin_event();
      if (result) return self->failed_here(result);
      self->finish_connected();
    });
  }

  void failed_here(const error_code& error) {
    note_failure(error.message());
    connect_next();
  }

  void note_failure(const std::string& why) {
    if (!failures.empty()) failures += "; ";
    failures += what + ": " + why;
  }

  void finish_failed() { finish(std::unexpected(failures)); }

  void finish_connected() {
    error_code error;
    const int fd = socket.release(error);
    if (error) return failed_here(error);
    finish(std::make_unique<TcpStream>(loop, fd));
  }

  void finish(ConnectAttempt::Result result) {
    if (std::exchange(done, true)) return;
    stop();
    ConnectAttempt::OnDone callback = std::move(on_done);
    callback(std::move(result));
  }

  void stop() {
    error_code ignored;
    timer.cancel();
    resolver.cancel();
    socket.close(ignored);
  }

  Loop& loop;
  asio::generic::stream_protocol::socket socket;
  asio::ip::tcp::resolver resolver;
  asio::steady_timer timer;
  ConnectAttempt::OnDone on_done;
  std::vector<Endpoint> endpoints;
  std::size_t next = 0;
  std::string what;
  std::string failures;
  bool done = false;
};

class SocketAttempt final : public ConnectAttempt {
 public:
  explicit SocketAttempt(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~SocketAttempt() override {
    if (!std::exchange(state_->done, true)) state_->stop();
  }

 private:
  std::shared_ptr<State> state_;
};

class SocketConnector final : public Connector {
  std::unique_ptr<ConnectAttempt> connect(Loop& loop, const Endpoint& endpoint, Duration timeout,
                                          ConnectAttempt::OnDone on_done) override {
    auto state = std::make_shared<State>(loop, std::move(on_done));
    state->endpoints.push_back(endpoint);
    state->limit(timeout);
    asio::post(loop.io_context(), [state] {
      if (!state->done) state->connect_next();
    });
    return std::make_unique<SocketAttempt>(std::move(state));
  }
};

}  // namespace

Connector& socket_connector() {
  static auto* const connector = new SocketConnector;
  return *connector;
}

std::unique_ptr<ConnectAttempt> connect_to_host(Loop& loop, const HostPort& host, Duration timeout,
                                                ConnectAttempt::OnDone on_done) {
  auto state = std::make_shared<State>(loop, std::move(on_done));
  state->limit(timeout);
  state->resolve(host);
  return std::make_unique<SocketAttempt>(std::move(state));
}

}  // namespace parlance::net
