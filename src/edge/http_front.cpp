#include "edge/http_front.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "edge/protocol_probe.h"
#include "edge/replayed_stream.h"

namespace parlance::edge {
namespace {

// What the loops of one server share.
struct Shared {
  const HttpFrontOptions options;
  std::atomic<std::size_t> connections = 0;
};

class FrontOnLoop final : public ConnectionFront::OnLoop, HttpConnection::Owner, ProtocolProbe::Owner {
 public:
  FrontOnLoop(net::Loop& loop, ConnectionFront::PassOn pass_on, std::shared_ptr<Shared> shared)
      : loop_(loop), pass_on_(std::move(pass_on)), shared_(std::move(shared)) {}
  ~FrontOnLoop() override { shared_->connections -= probes_.size() + connections_.size(); }

  void take(std::unique_ptr<net::ByteStream> stream) override {
    // Twice the limit, so that there is room to tell those beyond it.
    if (shutting_down_ || shared_->connections >= 2 * limits().max_connections) return;
    ++shared_->connections;
    ProtocolProbe::Owner& owner = *this;
    probes_.push_back(std::make_unique<ProtocolProbe>(loop_, std::move(stream), owner));
    probes_.back()->start(limits().request_timeout);
  }

  void begin_shutdown(std::function<void()> on_empty) override {
    on_empty_ = std::move(on_empty);
    shutting_down_ = true;
    for (const auto& probe : probes_) probe->close();
    drop(std::exchange(probes_, {}));
    for (HttpConnection* connection : open()) connection->begin_shutdown();
    tell_if_empty();
  }

  void close_connections() override {
    for (HttpConnection* connection : open()) connection->close();
  }

 private:
  const HttpLimits& limits() const { return shared_->options.limits; }

  // Connections may end, and leave the list, while each is told something.
  std::vector<HttpConnection*> open() const {
    std::vector<HttpConnection*> open;
    for (const auto& connection : connections_) open.push_back(connection.get());
    return open;
  }

  void on_probed(ProtocolProbe& probe, Protocol protocol) override {
    auto stream = protocol == Protocol::kUndecided ? nullptr : probe.take_stream();
    std::string received = probe.take_received();
    remove(probes_, probe);
    if (protocol == Protocol::kHttp2) {
      pass_on_(std::make_unique<ReplayedStream>(loop_, std::move(stream), std::move(received)));
    } else if (protocol == Protocol::kHttp1) {
      begin_connection(std::move(stream), std::move(received));
    }
  }

  void begin_connection(std::unique_ptr<net::ByteStream> stream, std::string received) {
    const bool too_many = ++shared_->connections > limits().max_connections;
    HttpConnection::Owner& owner = *this;
    connections_.push_back(std::make_unique<HttpConnection>(loop_, std::move(stream), std::move(received),
                                                            shared_->options.handler, limits(), owner));
    if (too_many) return connections_.back()->refuse({503, "too many connections; try again later"});
    connections_.back()->start();
  }

  void on_http_closed(HttpConnection& connection) override {
    remove(connections_, connection);
    tell_if_empty();
  }

  void on_http_exception(std::string_view path, std::string_view what) override {
    shared_->options.log(concat("the handler of ", path, " threw: ", what));
  }

  template <typename Thing>
  void remove(std::vector<std::unique_ptr<Thing>>& things, const Thing& thing) {
    const auto found = std::ranges::find(things, &thing, &std::unique_ptr<Thing>::get);
    std::vector<std::unique_ptr<Thing>> gone;
    gone.push_back(std::exchange(*found, std::move(things.back())));
    things.pop_back();
    drop(std::move(gone));
  }

  // Destroys them when nothing of theirs runs any more.
  template <typename Thing>
  void drop(std::vector<std::unique_ptr<Thing>> things) {
    shared_->connections -= things.size();
    loop_.post([gone = std::move(things)] {});
  }

  void tell_if_empty() {
    if (shutting_down_ && connections_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
  }

  net::Loop& loop_;
  const ConnectionFront::PassOn pass_on_;
  const std::shared_ptr<Shared> shared_;
  std::vector<std::unique_ptr<ProtocolProbe>> probes_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;
  std::function<void()> on_empty_;
  bool shutting_down_ = false;
};

class HttpFront final : public ConnectionFront {
 public:
  explicit HttpFront(HttpFrontOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {}

  std::unique_ptr<OnLoop> on_loop(net::Loop& loop, PassOn pass_on) override {
    return std::make_unique<FrontOnLoop>(loop, std::move(pass_on), shared_);
  }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::shared_ptr<ConnectionFront> make_http_front(HttpFrontOptions options) {
  return std::make_shared<HttpFront>(std::move(options));
}

}  // namespace parlance::edge
