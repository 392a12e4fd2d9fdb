#include "rpc/server_watch.h"

#include <coroutine>
#include <utility>

#include "base/timer_heap.h"
#include "grpc/proto_wire.h"
#include "rpc/backoff.h"
#include "rpc/client_call.h"
#include "rpc/client_connection.h"
#include "rpc/load_report.h"
#include "rpc/outgoing_call.h"
#include "rpc/task.h"

namespace parlance::detail {
namespace {

constexpr std::string_view kHealthWatch = "/grpc.health.v1.Health/Watch";
constexpr std::string_view kLoadReports = "/xds.service.orca.v3.OpenRcaService/StreamCoreMetrics";
constexpr std::uint64_t kServing = 1;  // grpc.health.v1.HealthCheckResponse.ServingStatus
constexpr Duration kFirstPause = std::chrono::seconds{1};
constexpr Duration kLongestPause = std::chrono::seconds{120};

Buffer framed(const grpc::ProtoWriter& message) {
  return detail::frame_message(Buffer::copy_of(as_bytes(message.text())));
}

Buffer health_request(std::string_view service) {
  grpc::ProtoWriter message;
  message.bytes(1, service);
  return framed(message);
}

Buffer load_request(Duration period) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(period);
  grpc::ProtoWriter interval;
  interval.varint(1, static_cast<std::uint64_t>(seconds.count()));
  interval.varint(2, static_cast<std::uint64_t>((period - seconds) / std::chrono::nanoseconds{1}));
  grpc::ProtoWriter message;
  message.element(1, interval.text());
  return framed(message);
}

std::uint64_t serving_status(const Buffer& message) {
  grpc::ProtoReader reader{as_text(message.bytes())};
  std::uint64_t status = 0;
  while (const auto field = reader.next()) {
    if (field->is_varint(1)) status = field->integer;
  }
  return status;
}

}  // namespace

// Its coroutine keeps it alive, and looks after each step whether it was stopped: the listener may destroy
// the ServerWatch from within the step.
class ServerWatch::Stream : TimerNode {
 public:
  Stream(ClientConnection& connection, std::string_view path, Buffer request)
      : connection_(connection), path_(path), request_(std::move(request)) {}
  Stream(const Stream&) = delete;

  static Task<void> run(std::shared_ptr<Stream> self) {
    while (!self->stopped_) {
      self->call_ = OutgoingCall::start_on(self->connection_, self->path_, self->request_);
      OutgoingCall& call = *self->call_;
      ReceiveNext<Buffer> next{call};
      while (!self->stopped_) {
        std::optional<Buffer> message = co_await next;
        if (!message) break;
        if (!self->stopped_) self->on_message(*message);
      }
      if (self->stopped_ || !self->goes_on_after(call.status())) co_return;
      self->call_ = OutgoingCallRef{};
      co_await self->pause();
    }
  }

  void stop() {
    stopped_ = true;
    connection_.loop().disarm(*this);
    const OutgoingCallRef dropped = std::exchange(call_, OutgoingCallRef{});
    if (dropped) dropped->cancel();
    if (const auto paused = std::exchange(paused_, nullptr)) paused.resume();
  }

 protected:
  virtual ~Stream() = default;
  virtual void on_message(const Buffer& message) = 0;
  virtual void on_failed(const Status& status) = 0;
  virtual void on_unimplemented() = 0;
  bool stopped() const { return stopped_; }

 private:
  struct Paused {
    Stream& stream;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const {
      stream.paused_ = waiter;
      net::Loop& loop = stream.connection_.loop();
      loop.arm(stream, loop.now() + stream.backoff_.next());
    }
    void await_resume() const {}
  };

  Paused pause() { return {*this}; }
  void on_timer() override { std::exchange(paused_, nullptr).resume(); }

  // A connection that goes takes its stream along; its owner knows.
  bool goes_on_after(const Status& status) {
    if (connection_.http2().error() || !connection_.takes_calls()) return false;
    if (status.code() == StatusCode::kUnimplemented) return on_unimplemented(), false;
    on_failed(status);
    return !stopped_;
  }

  ClientConnection& connection_;
  const std::string_view path_;
  const Buffer request_;
  Backoff backoff_{kFirstPause, kLongestPause};
  OutgoingCallRef call_;
  std::coroutine_handle<> paused_;
  bool stopped_ = false;
};

class ServerWatch::Health final : public Stream {
 public:
  Health(ClientConnection& connection, std::string_view service, Listener& listener)
      : Stream(connection, kHealthWatch, health_request(service)), listener_(listener) {}

 private:
  void on_message(const Buffer& message) override {
    const std::uint64_t status = serving_status(message);
    listener_.on_health(status == kServing, "serving status " + std::to_string(status));
  }
  void on_failed(const Status& status) override { listener_.on_health(false, status.to_string()); }
  void on_unimplemented() override { listener_.on_health(true, {}); }

  Listener& listener_;
};

class ServerWatch::Load final : public Stream {
 public:
  Load(ClientConnection& connection, Duration period, Listener& listener)
      : Stream(connection, kLoadReports, load_request(period)), listener_(listener) {}

 private:
  void on_message(const Buffer& message) override {
    if (const auto report = parse_load_report(as_text(message.bytes()))) listener_.on_load_report(*report);
  }
  void on_failed(const Status&) override {}
  void on_unimplemented() override {}

  Listener& listener_;
};

ServerWatch::ServerWatch(ClientConnection& connection, const ServerWatchOptions& options, Listener& listener)
    : connection_(connection) {
  if (options.health_service) {
    health_ = std::make_shared<Health>(connection, *options.health_service, listener);
    spawn(connection.loop(), Stream::run(health_));
  }
  if (options.load_report_period) {
    load_ = std::make_shared<Load>(connection, *options.load_report_period, listener);
    spawn(connection.loop(), Stream::run(load_));
  }
}

ServerWatch::~ServerWatch() {
  if (health_ != nullptr) health_->stop();
  if (load_ != nullptr) load_->stop();
}

}  // namespace parlance::detail
