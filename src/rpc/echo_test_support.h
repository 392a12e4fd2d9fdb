#pragma once

// A service of all four call types, written by hand on the bind_* functions, and a server that serves it:
// what the tests of this folder talk to.

#include <google/protobuf/wrappers.pb.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "net/thread_pool.h"
#include "rpc/channel.h"
#include "rpc/client_call.h"
#include "rpc/offload.h"
#include "rpc/server.h"
#include "rpc/service.h"

namespace parlance::testing {

using Text = google::protobuf::StringValue;
using Number = google::protobuf::Int64Value;
using Blob = google::protobuf::BytesValue;

/// Waits until the condition holds; false after a time that is enough for any machine, reached only when
/// something hangs.
template <typename Condition>
bool eventually(Condition condition) {
  for (const auto end = Clock::now() + std::chrono::seconds{30}; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

/// The reason of the status' ErrorInfo; empty when it has none.
inline std::string reason_of(const Status& status) {
  const auto info = grpc::error_info(status);
  return info ? info->reason : std::string{};
}

inline Text text(std::string value) {
  Text message;
  message.set_value(std::move(value));
  return message;
}
inline Number number(std::int64_t value) {
  Number message;
  message.set_value(value);
  return message;
}

class Echo final : public Service {
 public:
  // What handlers saw; read by tests on other threads.
  std::atomic<int> started = 0;
  std::atomic<int> running = 0;
  std::atomic<int> cancellations = 0;
  std::atomic<std::int64_t> flooded_bytes = 0;
  std::atomic<bool> told_of_shutdown = false;

  std::string_view full_name() const override { return "test.Echo"; }
  void on_shutdown() override { told_of_shutdown = true; }

  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Unary", *this, &Echo::Unary));
    methods.push_back(bind_unary("Offloaded", *this, &Echo::Offloaded));
    methods.push_back(bind_unary("Sleep", *this, &Echo::Sleep));
    methods.push_back(bind_unary("Lent", *this, &Echo::Lent));
    methods.push_back(bind_unary("Fail", *this, &Echo::Fail));
    methods.push_back(bind_unary("Throw", *this, &Echo::Throw));
    methods.push_back(bind_unary("Metadata", *this, &Echo::EchoMetadata));
    methods.push_back(bind_unary("Remaining", *this, &Echo::Remaining));
    methods.push_back(bind_unary("Bytes", *this, &Echo::Bytes));
    methods.push_back(bind_unary("Raw", *this, &Echo::Raw));
    methods.push_back(bind_unary("UntilCancelled", *this, &Echo::UntilCancelled));
    methods.push_back(bind_client_streaming("Collect", *this, &Echo::Collect));
    methods.push_back(bind_client_streaming("First", *this, &Echo::First));
    methods.push_back(bind_server_streaming("Split", *this, &Echo::Split));
    methods.push_back(bind_server_streaming("Flood", *this, &Echo::Flood));
    methods.push_back(bind_server_streaming("Pour", *this, &Echo::Pour));
    methods.push_back(bind_bidi_streaming("Chat", *this, &Echo::Chat));
    return methods;
  }

  Task<Result<Text>> Unary(ServerCall&, Incoming<Text> request) {
    ++started;
    co_return text(request->value());
  }

  // Answers with a message of the pool; an empty request with an error instead.
  Task<Result<Text>> Lent(ServerCall&, Incoming<Text> request) {
    Outgoing<Text> response;
    response->set_value(request->value());
    if (request->value().empty()) co_return Status{StatusCode::kNotFound, "nothing to echo"};
    co_return response;
  }

  Task<Result<Text>> Offloaded(ServerCall&, Incoming<Text> request) {
    const Text& message = *request;
    auto work = [&message] { return std::string{message.value().rbegin(), message.value().rend()}; };
    std::string reversed = co_await offload(pool_, work);
    co_return text(std::move(reversed));
  }

  Task<Result<Text>> Sleep(ServerCall& call, Incoming<Number> milliseconds) {
    const Running counted{*this};
    const bool slept = co_await call.sleep_for(std::chrono::milliseconds{milliseconds->value()});
    if (!slept) ++cancellations;
    co_return text(slept ? "slept" : "cancelled");
  }

  // The request's bytes, whatever they are.
  Task<Result<Buffer>> Raw(ServerCall&, Incoming<Buffer> request) { co_return request.bytes(); }

  Task<Result<Text>> UntilCancelled(ServerCall& call, Incoming<Text>) {
    const Running counted{*this};
    co_await call.sleep_for(std::chrono::hours{1});
    if (call.cancelled()) ++cancellations;
    co_return text("cancelled");
  }

  Task<Result<Text>> Fail(ServerCall& call, Incoming<Number> code) {
    (void)call.trailing_metadata().add("x-failed", "yes");
    co_return Status{static_cast<StatusCode>(code->value()),
                     "wanted: 100% “so”",
                     {{"type.googleapis.com/test.Detail", std::string("\0\1\2", 3)}}};
  }

  Task<Result<Text>> Throw(ServerCall&, Incoming<Text> request) {
    throw std::runtime_error(request->value());
    co_return text("");
  }

  Task<Result<Text>> EchoMetadata(ServerCall& call, Incoming<Text>) {
    for (const auto& [name, value] : call.request_metadata()) {
      if (!name.starts_with("x-")) continue;
      (void)call.initial_metadata().add(name, value);
      (void)call.trailing_metadata().add(name, value);
    }
    co_return text(std::string{call.method()});
  }

  // Milliseconds that the deadline leaves; −1: there is none.
  Task<Result<Number>> Remaining(ServerCall& call, Incoming<Text>) {
    if (call.deadline().is_never()) co_return number(-1);
    co_return number(std::chrono::ceil<std::chrono::milliseconds>(call.time_remaining()).count());
  }

  Task<Result<Blob>> Bytes(ServerCall&, Incoming<Number> size_bytes) {
    Blob blob;
    blob.mutable_value()->assign(static_cast<std::size_t>(size_bytes->value()), 'x');
    co_return blob;
  }

  Task<Result<Text>> Collect(ServerCall& call, Reader<Text>& in) {
    const Running counted{*this};
    std::string all;
    while (auto message = co_await in.read()) all += (*message)->value() + ",";
    if (call.cancelled()) ++cancellations;
    co_return text(std::move(all));
  }

  // Answers after the first message, whatever else the caller still sends.
  Task<Result<Text>> First(ServerCall&, Reader<Text>& in) {
    auto message = co_await in.read();
    co_return text(message ? (*message)->value() : "none");
  }

  Task<Status> Split(ServerCall&, Incoming<Text> request, Writer<Text>& out) {
    for (const char letter : request->value()) {
      const Text part = text(std::string{letter});
      if (!co_await out.write(part)) co_return Status{};
    }
    co_return Status{};
  }

  // Writes 16 KiB messages until nobody reads on.
  Task<Status> Flood(ServerCall&, Incoming<Text>, Writer<Blob>& out) {
    const Running counted{*this};
    Blob blob;
    blob.mutable_value()->assign(16 * 1024, 'f');
    while (co_await out.write(blob)) flooded_bytes += 16 * 1024;
    ++cancellations;
    co_return Status{};
  }

  // Writes 16 KiB messages without ever waiting, until the call is over.
  Task<Status> Pour(ServerCall& call, Incoming<Text>, Writer<Blob>& out) {
    const Running counted{*this};
    Blob blob;
    blob.mutable_value()->assign(16 * 1024, 'p');
    while (out.write(blob).accepted) {
    }
    if (call.cancelled()) ++cancellations;
    co_return Status{};
  }

  Task<Status> Chat(ServerCall& call, Reader<Text>& in, Writer<Text>& out) {
    const Running counted{*this};
    while (auto message = co_await in.read()) {
      if (!co_await out.write(**message)) break;
    }
    if (call.cancelled()) ++cancellations;
    co_return Status{};
  }

 private:
  struct Running {
    explicit Running(Echo& owner) : echo(owner) {
      ++echo.started;
      ++echo.running;
    }
    ~Running() { --echo.running; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Echo& echo;
  };

  net::ThreadPool pool_{2};
};

class EchoClient {
 public:
  explicit EchoClient(Channel channel) : channel_(std::move(channel)) {}

  UnaryCall<Text> Lent(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Lent", request, options};
  }
  UnaryCall<Text> Unary(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Unary", request, options};
  }
  UnaryCall<Text> Offloaded(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Offloaded", request, options};
  }
  UnaryCall<Text> Sleep(const Number& milliseconds, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Sleep", milliseconds, options};
  }
  UnaryCall<Text> UntilCancelled(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/UntilCancelled", request, options};
  }
  UnaryCall<Text> Fail(const Number& code, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Fail", code, options};
  }
  UnaryCall<Text> Throw(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Throw", request, options};
  }
  UnaryCall<Text> Metadata(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Metadata", request, options};
  }
  UnaryCall<Number> Remaining(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Remaining", request, options};
  }
  UnaryCall<Blob> Bytes(const Number& size_bytes, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Bytes", size_bytes, options};
  }
  ClientWriter<Text, Text> Collect(CallOptions options = {}) const {
    return {channel_, "/test.Echo/Collect", options};
  }
  ClientWriter<Text, Text> First(CallOptions options = {}) const {
    return {channel_, "/test.Echo/First", options};
  }
  ClientReader<Text> Split(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Split", request, options};
  }
  ClientReader<Blob> Flood(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Flood", request, options};
  }
  ClientReader<Blob> Pour(const Text& request, CallOptions options = {}) const {
    return {channel_, "/test.Echo/Pour", request, options};
  }
  ClientReaderWriter<Text, Text> Chat(CallOptions options = {}) const {
    return {channel_, "/test.Echo/Chat", options};
  }

  const Channel& channel() const { return channel_; }

 private:
  Channel channel_;
};

/// The log lines of a server under test.
class LogLines {
 public:
  void add(std::string_view line) {
    const std::lock_guard lock{mutex_};
    lines_.emplace_back(line);
  }
  std::string joined() const {
    const std::lock_guard lock{mutex_};
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// A server of Echo on a free port of the loopback, and its address.
class EchoServer {
 public:
  explicit EchoServer(ServerOptions options = {}) : server_(with_defaults(std::move(options))) {
    server_.add(echo_);
    const Result<void> started = server_.start();
    require(started.has_value(), "EchoServer: cannot start");
  }

  Server& server() { return server_; }
  Echo& echo() const { return *echo_; }
  std::string log() const { return log_->joined(); }
  std::string target() const { return "127.0.0.1:" + std::to_string(server_.ports().front()); }
  Channel open(ChannelOptions options = {}) const { return Channel::open(target(), std::move(options)); }
  EchoClient client(ChannelOptions options = {}) const { return EchoClient{open(std::move(options))}; }

 private:
  ServerOptions with_defaults(ServerOptions options) const {
    options.listen = {"127.0.0.1:0"};
    if (options.threads == 0) options.threads = 2;
    options.log = [log = log_](LogLevel, std::string_view line) { log->add(line); };
    return options;
  }

  std::shared_ptr<LogLines> log_ = std::make_shared<LogLines>();
  std::shared_ptr<Echo> echo_ = std::make_shared<Echo>();
  Server server_;
};

}  // namespace parlance::testing
