#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_context.h"
#include "rpc/server_connection.h"

namespace parlance::detail {

/// What a listener's connections speak.
enum class Speaks : std::uint8_t { kPlaintext, kTls, kEither };

/// One loop of a server: its thread, its listeners, its connections, and its way through the shutdown.
class ServerWorker final : TimerNode {
 public:
  /// All outlive the worker. `loop`: one that somebody else runs; null: one on a thread of the worker's own.
  /// `tls` is null when nothing speaks TLS.
  ServerWorker(net::Loop* loop, const ServerOptions& options, const Routes& routes, MemoryBudget& memory,
               std::shared_ptr<net::TlsContext> tls)
      : thread_(loop == nullptr ? std::make_unique<net::LoopThread>() : nullptr),
        loop_(loop == nullptr ? thread_->loop() : *loop),
        tls_(std::move(tls)),
        front_(front_of(options)),
        server_loop_(loop_, options, routes, memory, front_.get()) {}
  ~ServerWorker() override {
    if (thread_) thread_->stop();
    loop_.disarm(*this);
  }

  net::Loop& loop() { return loop_; }
  const ServerLoop& server_loop() const { return server_loop_; }

  /// Before start().
  void add(std::unique_ptr<net::Listener> listener, Speaks speaks) {
    listeners_.push_back({std::move(listener), speaks});
  }
  /// Begins to accept.
  void start();
  /// Stops accepting, drains for `grace`, then ends what is left. From any thread; again only to shorten the
  /// grace. `on_empty` of the first call runs once, on the loop's thread, when nothing is left.
  void shutdown(std::chrono::milliseconds grace, std::function<void()> on_empty);

 private:
  enum class Stage : std::uint8_t { kServing, kDraining, kEnding };
  struct Entrance {
    std::unique_ptr<net::Listener> listener;
    Speaks speaks;
  };

  std::unique_ptr<ConnectionFront::OnLoop> front_of(const ServerOptions& options);
  void take(std::unique_ptr<net::ByteStream> stream, Speaks speaks);
  void begin_drain(std::chrono::milliseconds grace, std::function<void()> on_empty);
  std::unique_ptr<net::ByteStream> secured(std::unique_ptr<net::ByteStream> stream, Speaks speaks) const;
  void end_stage_after(std::chrono::milliseconds time) { loop().arm(*this, loop().now() + time); }
  void on_timer() override;  // the end of a stage

  const std::unique_ptr<net::LoopThread> thread_;
  net::Loop& loop_;
  const std::shared_ptr<net::TlsContext> tls_;
  std::vector<Entrance> listeners_;
  const std::unique_ptr<ConnectionFront::OnLoop> front_;  // null: every connection is gRPC's
  ServerLoop server_loop_;
  Stage stage_ = Stage::kServing;
};

}  // namespace parlance::detail
