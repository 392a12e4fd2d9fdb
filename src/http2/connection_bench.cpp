// A client and a server engine talking through memory. One iteration is one call from open_stream to
// on_closed on both sides, so half of the time belongs to each engine.

#include <array>
#include <vector>

#include <benchmark/benchmark.h>

#include "http2/connection.h"

namespace parlance::http2 {
namespace {

constexpr std::array kRequest = {
    HeaderField{":method", "POST", HeaderToken::kMethod},
    HeaderField{":scheme", "http", HeaderToken::kScheme},
    HeaderField{":path", "/inference.InferenceService/Predict", HeaderToken::kPath},
    HeaderField{":authority", "models:50051", HeaderToken::kAuthority},
    HeaderField{"te", "trailers", HeaderToken::kTe},
    HeaderField{"content-type", "application/grpc", HeaderToken::kContentType},
    HeaderField{"user-agent", "parlance/0.1", HeaderToken::kUserAgent}};
constexpr std::array kResponse = {HeaderField{":status", "200", HeaderToken::kStatus},
                                  HeaderField{"content-type", "application/grpc", HeaderToken::kContentType}};
constexpr std::array kTrailers = {HeaderField{"grpc-status", "0", HeaderToken::kGrpcStatus}};

/// Answers every request with its own body.
class Server final : public ConnectionObserver {
 public:
  StreamObserver* on_request(StreamId stream, HeaderFields, bool) override {
    if (free_.empty()) free_.push_back(new Call(*this));
    Call* call = free_.back();
    free_.pop_back();
    call->id = stream;
    return call;
  }
  ~Server() {
    for (Call* call : free_) delete call;
  }

  Connection connection{Role::kServer, Limits{}, *this};

 private:
  struct Call final : StreamObserver {
    explicit Call(Server& owner) : server(owner) {}
    void on_headers(HeaderFields, bool) override {}
    void on_data(Bytes data, bool end_stream) override {
      server.connection.consume(id, data.size());
      received_bytes += data.size();
      if (!end_stream) return;
      server.connection.send_headers(id, kResponse, false);
      server.connection.send_data(id, Buffer::allocate(received_bytes), false);
      server.connection.send_headers(id, kTrailers, true);
      received_bytes = 0;
    }
    void on_send_ready() override {}
    void on_closed(const StreamEnd&) override { server.free_.push_back(this); }

    Server& server;
    StreamId id = 0;
    std::size_t received_bytes = 0;
  };

  std::vector<Call*> free_;
};

class Client final : public ConnectionObserver, StreamObserver {
 public:
  StreamObserver* on_request(StreamId, HeaderFields, bool) override { return nullptr; }
  void call(const Buffer& body) {
    connection.send_data(connection.open_stream(kRequest, false, *this), body, true);
  }

  Connection connection{Role::kClient, Limits{}, *this};
  int closed = 0;

 private:
  void on_headers(HeaderFields, bool) override {}
  void on_data(Bytes data, bool) override { benchmark::DoNotOptimize(data.data()); }
  void on_send_ready() override {}
  void on_closed(const StreamEnd&) override { ++closed; }
};

/// One write of `from` into one read of `to`. False when there was nothing.
bool move_bytes(Connection& from, Connection& to, std::vector<std::byte>& wire, TimePoint now) {
  if (!from.wants_write()) return false;
  std::array<iovec, 64> parts;
  wire.clear();
  for (const iovec& part : std::span(parts).first(from.gather(parts))) {
    const auto* at = static_cast<const std::byte*>(part.iov_base);
    wire.insert(wire.end(), at, at + part.iov_len);
  }
  from.wrote(wire.size());
  to.receive(wire, now);
  return !wire.empty();
}

// Arguments: calls in flight, bytes of the body in each direction.
void unary_calls(benchmark::State& state) {
  Server server;
  Client client;
  std::vector<std::byte> wire;
  const TimePoint now{std::chrono::hours(1)};
  const Buffer body = Buffer::copy_of(std::vector<std::byte>(static_cast<std::size_t>(state.range(1))));
  const int at_once = static_cast<int>(state.range(0));
  while (state.KeepRunningBatch(at_once)) {
    client.closed = 0;
    for (int i = 0; i < at_once; ++i) client.call(body);
    while (client.closed < at_once) {
      move_bytes(client.connection, server.connection, wire, now);
      move_bytes(server.connection, client.connection, wire, now);
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * 2 * state.range(1));
}
BENCHMARK(unary_calls)->Args({1, 64})->Args({100, 64})->Args({100, 1024})->Args({1, 60'000});

}  // namespace
}  // namespace parlance::http2
