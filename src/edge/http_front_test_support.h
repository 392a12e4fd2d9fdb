#pragma once

// A front on a loop that the test turns by hand, with clients of HTTP/1.1 and of HTTP/2.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <coroutine>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "edge/http_call.h"
#include "edge/http_front.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "net/memory_stream.h"
#include "rpc/server.h"

namespace parlance::edge {

using namespace std::chrono_literals;

/// Lets a test decide when a handler goes on.
struct Pause {
  std::coroutine_handle<> waiter;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiter = handle; }
  void await_resume() const {}
  void end() { std::exchange(waiter, nullptr).resume(); }
};

/// The handlers that the tests call.
class FrontFixture : public ::testing::Test {
 protected:
  using Stream = std::unique_ptr<net::MemoryStream>;

  explicit FrontFixture() {
    options_.log = [this](LogLevel, std::string_view text) { log_ += text; };
  }
  ~FrontFixture() override {
    front_.reset();
    turn();
  }

  void open_front(HttpLimits limits = {}) {
    HttpRoutes routes;
    const auto add = [&routes, this](const char* path,
                                     Task<Result<HttpResponse>> (FrontFixture::*handler)(HttpCall&)) {
      for (const char* method : {"GET", "POST"}) {
        routes.add(method, path, [this, handler](HttpCall& call) { return (this->*handler)(call); });
      }
    };
    add("/echo/{rest}", &FrontFixture::echo);
    add("/throw", &FrontFixture::throw_something);
    add("/pause", &FrontFixture::pause);
    add("/long", &FrontFixture::answer_long);
    add("/fail", &FrontFixture::fail);
    add("/stream", &FrontFixture::stream);
    add("/flood", &FrontFixture::flood);
    add("/wait", &FrontFixture::wait);
    routes.write_errors("/json", [](const Status& status) {
      return HttpResponse{.status = 400, .body = "{" + std::string{to_string(status.code())} + "}"};
    });
    front_ = make_http_front({.routes = std::move(routes), .limits = limits})
                 ->on_loop(loop_, options_, [this](std::unique_ptr<net::ByteStream> stream) {
                   passed_on_.push_back(std::move(stream));
                 });
  }

  Stream connect() {
    if (front_ == nullptr) open_front();
    const auto name = *net::Endpoint::parse("unix:test");
    auto [ours, theirs] = net::MemoryStream::make_pair({loop_.handle(), name}, {loop_.handle(), name});
    loop_.post([this, theirs = std::move(theirs)]() mutable { front_->take(std::move(theirs)); });
    turn();
    return std::move(ours);
  }

  /// Turns the loop until it has nothing to do.
  void turn() {
    while (loop_.step()) {
    }
  }
  /// The same from within the loop.
  void on_loop(std::function<void()> job) {
    loop_.post(std::move(job));
    turn();
  }
  void go_on() {
    on_loop([this] { pause_.end(); });
  }
  /// Turns the loop until the condition holds; false after a time that is enough for any machine.
  template <typename Condition>
  bool eventually(Condition condition) {
    for (const TimePoint end = Clock::now() + 30s; Clock::now() < end; turn()) {
      if (condition()) return true;
    }
    return false;
  }

  void send(Stream& stream, std::string_view text) {
    iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    ASSERT_EQ(stream->write({&part, 1}).size_bytes, text.size());
    turn();
  }
  std::string received(Stream& stream) {
    std::string text(64 * 1024, '\0');
    const net::IoResult result = stream->read(as_writable_bytes(std::span{text}));
    is_closed_ = result.closed;
    text.resize(result.size_bytes);
    return text;
  }
  /// Whether the other end has closed; all that it sent was read.
  bool closed(Stream& stream) {
    while (!received(stream).empty()) {
    }
    return is_closed_;
  }
  bool closes(Stream& stream) {
    return eventually([&] { return closed(stream); });
  }

  // "method path parameter body"
  Task<Result<HttpResponse>> echo(HttpCall& call) {
    ++requests_;
    (void)call.initial_metadata().add("x-echo", call.request_metadata().get("x-give").value_or("none"));
    co_return HttpResponse{.body = call.request().method + " " + std::string{call.method()} + " " +
                                   std::string{call.parameter("rest")} + " " + call.request().body};
  }
  Task<Result<HttpResponse>> throw_something(HttpCall&) {
    throw std::runtime_error{"secret"};
    co_return HttpResponse{};
  }
  Task<Result<HttpResponse>> pause(HttpCall& call) {
    ++requests_;
    co_await pause_;
    was_cancelled_ = call.cancelled();
    co_return HttpResponse{.body = "paused"};
  }
  Task<Result<HttpResponse>> answer_long(HttpCall&) {
    co_return HttpResponse{.body = std::string(1'000'000, 'x')};
  }
  Task<Result<HttpResponse>> fail(HttpCall& call) {
    call.set_retry_pushback(1500ms);
    co_return Status{StatusCode::kResourceExhausted, "full"};
  }
  Task<Result<HttpResponse>> stream(HttpCall& call) {
    call.begin({.content_type = "text/event-stream", .body = "one"});
    co_await pause_;
    const bool reads = co_await call.write("two");
    was_cancelled_ = !reads;
    if (!call.ending().ok()) co_await call.write("ending");
    co_return HttpResponse{};
  }
  // Until nobody reads any more.
  Task<Result<HttpResponse>> flood(HttpCall& call) {
    call.begin({});
    const std::string text(1000, 'x');
    while (true) {
      const bool reads = co_await call.write(text);
      if (!reads) break;
      flooded_bytes_ += text.size();
    }
    was_cancelled_ = true;
    co_return HttpResponse{};
  }
  Task<Result<HttpResponse>> wait(HttpCall& call) {
    const bool slept = co_await call.sleep_for(1h);
    was_cancelled_ = !slept;
    co_return Status{StatusCode::kCancelled, "nobody waits"};
  }

  net::Loop loop_;
  ServerOptions options_;
  std::unique_ptr<ConnectionFront::OnLoop> front_;
  std::vector<std::unique_ptr<net::ByteStream>> passed_on_;
  std::string log_;
  Pause pause_;
  int requests_ = 0;
  std::size_t flooded_bytes_ = 0;
  bool was_cancelled_ = false;
  bool is_closed_ = false;
};

}  // namespace parlance::edge
