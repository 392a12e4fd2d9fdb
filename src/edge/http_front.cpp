#include "edge/http_front.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "edge/http2_request.h"
#include "edge/http_connection.h"
#include "edge/protocol_probe.h"
#include "edge/replayed_stream.h"
#include "rpc/server.h"
#include "rpc/server_errors.h"

namespace parlance::edge {
namespace {

// What the loops of one server share.
struct Shared {
  const HttpFrontOptions options;
  std::atomic<std::size_t> connections = 0;
  std::atomic<std::size_t> requests = 0;  // of HTTP/2
};

// A gRPC client that is not understood learns more from the gRPC server.
bool is_like_grpc(http2::HeaderFields fields) {
  const auto type = std::ranges::find(fields, http2::HeaderToken::kContentType, &http2::HeaderField::token);
  return type != fields.end() && type->value.starts_with("application/grpc");
}

class FrontOnLoop final : public ConnectionFront::OnLoop,
                          HttpConnection::Owner,
                          Http2Request::Owner,
                          ProtocolProbe::Owner {
 public:
  FrontOnLoop(net::Loop& loop, const ServerOptions& options, ConnectionFront::PassOn pass_on,
              std::shared_ptr<Shared> shared)
      : loop_(loop),
        pass_on_(std::move(pass_on)),
        shared_(std::move(shared)),
        service_{shared_->options.routes, shared_->options.limits, options} {}
  ~FrontOnLoop() override {
    shared_->connections -= probes_.size() + connections_.size();
    shared_->requests -= requests_.size();
  }

  void take(std::unique_ptr<net::ByteStream> stream) override {
    // Twice the limit, so that there is room to tell those beyond it.
    if (shutting_down_ || shared_->connections >= 2 * limits().max_connections) return;
    ++shared_->connections;
    ProtocolProbe::Owner& owner = *this;
    probes_.push_back(std::make_unique<ProtocolProbe>(loop_, std::move(stream), owner));
    probes_.back()->start(limits().request_timeout);
  }

  http2::StreamObserver* take_request(Http2Carrier& connection, http2::StreamId stream,
                                      http2::HeaderFields fields, bool end_stream) override {
    if (is_like_grpc(fields)) return nullptr;
    const bool too_many = ++shared_->requests > limits().max_http2_requests;
    Http2Request::Owner& owner = *this;
    requests_.push_back(std::make_unique<Http2Request>(loop_, service_, connection, stream, owner));
    Http2Request& request = *requests_.back();
    if (too_many) {
      request.refuse({503, "too many requests; try again later"});
    } else {
      request.start(fields, end_stream);
    }
    return &request;
  }

  void begin_shutdown(std::function<void()> on_empty) override {
    on_empty_ = std::move(on_empty);
    shutting_down_ = true;
    for (const auto& probe : probes_) probe->close();
    shared_->connections -= probes_.size();
    drop(std::exchange(probes_, {}));
    for (HttpConnection* connection : all_of(connections_)) connection->begin_shutdown();
    tell_if_empty();
  }

  void end_calls() override {
    const Status ending = detail::server_shutdown(service_.options.shutdown_grace);
    for (HttpConnection* connection : all_of(connections_)) connection->end_call(ending);
    for (Http2Request* request : all_of(requests_)) request->end_call(ending);
  }

  void close_connections() override {
    for (HttpConnection* connection : all_of(connections_)) connection->close();
    for (Http2Request* request : all_of(requests_)) request->close();
  }

 private:
  const HttpLimits& limits() const { return shared_->options.limits; }

  // Some may end, and leave the list, while each is told something.
  template <typename Thing>
  static std::vector<Thing*> all_of(const std::vector<std::unique_ptr<Thing>>& things) {
    std::vector<Thing*> all;
    for (const auto& thing : things) all.push_back(thing.get());
    return all;
  }

  void on_probed(ProtocolProbe& probe, Protocol protocol) override {
    auto stream = protocol == Protocol::kUndecided ? nullptr : probe.take_stream();
    std::string received = probe.take_received();
    --shared_->connections;
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
    connections_.push_back(
        std::make_unique<HttpConnection>(loop_, std::move(stream), std::move(received), service_, owner));
    if (too_many) return connections_.back()->refuse({503, "too many connections; try again later"});
    connections_.back()->start();
  }

  void on_http_closed(HttpConnection& connection) override {
    --shared_->connections;
    remove(connections_, connection);
    tell_if_empty();
  }

  void on_request_over(Http2Request& request) override {
    --shared_->requests;
    remove(requests_, request);
    tell_if_empty();
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
    loop_.post([gone = std::move(things)] {});
  }

  void tell_if_empty() {
    if (!shutting_down_ || !connections_.empty() || !requests_.empty() || !on_empty_) return;
    std::exchange(on_empty_, nullptr)();
  }

  net::Loop& loop_;
  const ConnectionFront::PassOn pass_on_;
  const std::shared_ptr<Shared> shared_;
  const HttpService service_;
  std::vector<std::unique_ptr<ProtocolProbe>> probes_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;
  std::vector<std::unique_ptr<Http2Request>> requests_;
  std::function<void()> on_empty_;
  bool shutting_down_ = false;
};

class HttpFront final : public ConnectionFront {
 public:
  explicit HttpFront(HttpFrontOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {}

  std::unique_ptr<OnLoop> on_loop(net::Loop& loop, const ServerOptions& options, PassOn pass_on) override {
    return std::make_unique<FrontOnLoop>(loop, options, std::move(pass_on), shared_);
  }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::shared_ptr<ConnectionFront> make_http_front(HttpFrontOptions options) {
  return std::make_shared<HttpFront>(std::move(options));
}

}  // namespace parlance::edge
