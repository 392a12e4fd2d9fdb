// Streams of the toy model that are read by one call after the other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/client_call.h"
#include "rpc/in_process.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "text/resumable_reader.h"
#include "text/resumable_streams.h"
#include "text/testing/toy_text.h"

namespace parlance::text::testing {

using namespace std::chrono_literals;

constexpr std::size_t kTokens = 200;
constexpr std::size_t kAll = SIZE_MAX;

std::vector<std::string> encode(TextPiece piece, bool, const std::string& request_id) {
  return {request_id + piece.text};
}

/// A call begins a stream, or goes on with `token` behind event `after`; it leaves after `most` events.
class Resuming final : public Service {
 public:
  explicit Resuming(ResumableLimits limits) : streams(limits) {}

  std::string_view full_name() const override { return "test.Resuming"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_server_streaming("Tell", *this, &Resuming::Tell));
    return methods;
  }
  Task<Status> Tell(ServerCall& call, Incoming<Buffer>, Writer<Buffer>& out) {
    std::shared_ptr<ResumableStream> stream;
    std::optional<Generation> begun;
    if (token.empty()) {
      Task<Result<Generation>> beginning = generate_beyond(call, wanted());
      Result<Generation> generation = co_await std::move(beginning);
      if (!generation) co_return generation.error();
      begun.emplace(*std::move(generation));
      stream = streams.open("", "", encode);
      if (stream == nullptr) co_return Status{StatusCode::kResourceExhausted, "full"};
      token = stream->token();
    } else {
      auto found = streams.find(token, "");
      if (!found) co_return found.error();
      stream = *std::move(found);
    }
    ResumableReader reader{streams, stream, call, after};
    if (begun) stream->start(*std::move(begun));
    Task<Status> sending = send(reader, most, message_bytes, out);
    co_return co_await std::move(sending);
  }

  std::function<GenerateRequest()> wanted;
  ResumableStreams streams;
  std::string token;
  std::uint64_t after = 0;
  std::size_t most = kAll;
  std::size_t message_bytes = 0;  // at least; an event comes first

 private:
  static Task<Status> send(ResumableReader& reader, std::size_t most, std::size_t message_bytes,
                           Writer<Buffer>& out) {
    for (std::size_t sent = 0; sent < most; ++sent) {
      auto event = co_await reader.next();
      if (!event) co_return reader.status();
      event->resize(std::max(event->size(), message_bytes));
      const Buffer message = Buffer::copy_of(std::as_bytes(std::span{*event}));
      if (!co_await out.write(message)) co_return Status{};
    }
    co_return Status{};
  }
};

namespace {

class Resumable : public ::testing::Test {
 protected:
  void open(ResumableLimits limits = {}) {
    service_ = std::make_shared<Resuming>(limits);
    service_->wanted = [this] {
      GenerateRequest made{
          .model = toy_.model(), .prompt = "once", .max_tokens = kTokens, .ignore_end = true};
      made.sampling.temperature = 0;
      return made;
    };
    server_.emplace(ServerOptions{.listen = {}, .threads = 2});
    server_->add(service_);
    require(server_->start().has_value(), "the server starts");
  }
  /// A call on a connection of its own, and so on either loop.
  ClientReader<Buffer> call(std::string token = {}, std::uint64_t after = 0, std::size_t most = kAll) {
    service_->token = std::move(token);
    service_->after = after;
    service_->most = most;
    channels_.push_back(in_process_channel(*server_));
    return {channels_.back(), "/test.Resuming/Tell", Buffer{}, CallOptions{}};
  }
  static std::string read(ClientReader<Buffer>& call, std::size_t most = kAll) {
    std::string text;
    for (std::size_t i = 0; i < most; ++i) {
      const auto message = call.read().wait();
      if (!message) break;
      text += std::string{reinterpret_cast<const char*>(message->bytes().data()), message->size()};
    }
    return text;
  }
  static std::string reason(const Status& status) {
    const auto info = grpc::error_info(status);
    return info ? info->reason : "";
  }
  bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    return condition();
  }

  ToyText toy_{"{context: 300, window: 4}"};
  ToyText impatient_{"{context: 300, window: 4, slow_reader: 50ms}"};
  std::shared_ptr<Resuming> service_;
  std::optional<Server> server_;
  std::deque<Channel> channels_;
};

TEST_F(Resumable, CutAtEachTokenAndResumedTheTextIsTheSame) {
  open();
  const std::string whole = toy_text("once", kTokens, false);
  for (std::size_t cut = 0; cut <= kTokens; ++cut) {
    ClientReader<Buffer> first = call({}, 0, cut);
    std::string text = read(first);
    ASSERT_TRUE(first.finish().wait().ok());
    ClientReader<Buffer> second = call(service_->token, cut);
    text += read(second);
    EXPECT_TRUE(second.finish().wait().ok());
    EXPECT_EQ(text, whole) << cut;
  }
  EXPECT_EQ(toy_.statistics().saved.cancelled, 0U);
}

TEST_F(Resumable, OneStreamCutAfterEveryTokenIsGeneratedOnce) {
  open();
  std::string text;
  ClientReader<Buffer> first = call({}, 0, 1);
  text += read(first);
  (void)first.finish().wait();
  const std::string token = service_->token;
  for (std::size_t after = 1; after < kTokens; ++after) {
    ClientReader<Buffer> next = call(token, after, 1);
    text += read(next);
    ASSERT_TRUE(next.finish().wait().ok());
  }
  EXPECT_EQ(text, toy_text("once", kTokens, false));
  EXPECT_EQ(toy_.statistics().tokens, kTokens);
}

TEST_F(Resumable, WhatNobodyTakesIsNotDroppedAndTheGenerationWaits) {
  open({.replay = {.max_bytes = 1024, .max_events = 8}});
  ClientReader<Buffer> first = call({}, 0, 3);
  std::string text = read(first);
  (void)first.finish().wait();
  ASSERT_TRUE(eventually([&] { return toy_.statistics().paused == 1; }));
  EXPECT_LE(toy_.statistics().tokens, 3 + 8 + 1 + 4U) << "events kept, one in hand, the window";
  ClientReader<Buffer> second = call(service_->token, 3);
  text += read(second);
  EXPECT_EQ(text, toy_text("once", kTokens, false));
}

TEST_F(Resumable, AReaderWhoTakesNothingIsToldAndWhatWasMadeIsKept) {
  open({.replay = {.max_bytes = 1024, .max_events = 8}});
  service_->wanted = [&] {
    GenerateRequest made{
        .model = impatient_.model(), .prompt = "once", .max_tokens = kTokens, .ignore_end = true};
    made.sampling.temperature = 0;
    return made;
  };
  service_->message_bytes = 1'000'000;
  ClientReader<Buffer> first = call();
  ASSERT_TRUE(eventually([&] { return impatient_.statistics().slow_readers == 1; }));
  while (first.read().wait()) {
  }
  EXPECT_EQ(first.finish().wait().code(), StatusCode::kResourceExhausted);
  service_->message_bytes = 0;
  const std::string token = service_->token;
  std::string text;
  std::string why = "RESUME_OUT_OF_RANGE";
  std::size_t after = 0;
  for (; why == "RESUME_OUT_OF_RANGE" && after < kTokens; ++after) {
    ClientReader<Buffer> second = call(token, after);
    text = read(second);
    why = reason(second.finish().wait());
  }
  EXPECT_EQ(why, "SLOW_READER");
  EXPECT_GE(text.size(), 8U) << "the events that are kept";
  EXPECT_EQ(text, toy_text("once", kTokens, false).substr(after - 1, text.size()));
}

TEST_F(Resumable, WhatWasTakenAndDroppedIsOutOfRange) {
  open({.replay = {.max_bytes = 1024, .max_events = 8}});
  ClientReader<Buffer> first = call({}, 0, 100);
  (void)read(first);
  (void)first.finish().wait();
  const std::string token = service_->token;
  for (const std::uint64_t after : {5, 1000}) {
    ClientReader<Buffer> late = call(token, after);
    EXPECT_EQ(read(late), "");
    const Status status = late.finish().wait();
    EXPECT_EQ(status.code(), StatusCode::kOutOfRange);
    EXPECT_EQ(reason(status), "RESUME_OUT_OF_RANGE");
  }
}

TEST_F(Resumable, WhoReadsLastReadsAlone) {
  open();
  toy_.engine().permit(3);
  ClientReader<Buffer> first = call();
  EXPECT_EQ(read(first, 3).size(), 3U);
  ClientReader<Buffer> second = call(service_->token, 3);
  EXPECT_EQ(read(first), "");
  const Status status = first.finish().wait();
  EXPECT_EQ(status.code(), StatusCode::kAborted);
  EXPECT_EQ(reason(status), "RESUME_SUPERSEDED");
  toy_.engine().release();
  EXPECT_EQ(read(second), toy_text("once", kTokens, false).substr(3));
}

TEST_F(Resumable, AnExplicitCancelFreesAtOnce) {
  open();
  toy_.engine().permit(4);
  ClientReader<Buffer> first = call();
  EXPECT_EQ(read(first, 3).size(), 3U);
  first.cancel();
  (void)first.finish().wait();
  EXPECT_TRUE(eventually([&] { return service_->streams.size() == 0; }));
  toy_.engine().release();
  EXPECT_TRUE(eventually([&] { return toy_.statistics().saved.cancelled == 1; }));
  EXPECT_EQ(toy_.statistics().pages_in_use, 0U);
  ClientReader<Buffer> late = call(service_->token, 3);
  EXPECT_EQ(read(late), "");
  EXPECT_EQ(reason(late.finish().wait()), "RESUME_TOKEN_UNKNOWN");
}

TEST_F(Resumable, AfterItsGraceAStreamIsGone) {
  open({.grace = 30ms});
  toy_.engine().pace(5ms);
  ClientReader<Buffer> first = call({}, 0, 2);
  (void)read(first);
  (void)first.finish().wait();
  EXPECT_TRUE(eventually([&] { return service_->streams.size() == 0; }));
  EXPECT_TRUE(eventually([&] { return toy_.statistics().pages_in_use == 0; }));
  EXPECT_EQ(toy_.statistics().saved.cancelled, 1U);
}

TEST_F(Resumable, TokensAreLongDifferentAndOfTheirOwner) {
  open({.max_streams = 2});
  net::LoopThread home;
  std::binary_semaphore done{0};
  home.loop().post([&] {
    ResumableStreams& streams = service_->streams;
    const auto alice = streams.open("alice", "", encode);
    const auto nobody = streams.open("", "", encode);
    ASSERT_TRUE(alice && nobody);
    EXPECT_EQ(streams.open("", "", encode), nullptr) << "as many as may be are kept";
    EXPECT_EQ(alice->token().size(), 32U);
    EXPECT_NE(alice->token(), nobody->token());
    EXPECT_TRUE(streams.find(alice->token(), "alice"));
    for (const char* const other : {"", "bob"})
      EXPECT_EQ(streams.find(alice->token(), other).error().code(), StatusCode::kNotFound);
    done.release();
  });
  done.acquire();
  service_->streams.stop();
  EXPECT_EQ(service_->streams.size(), 0U) << "nobody reads them";
}

TEST_F(Resumable, AServerThatStopsWaitsForNobodyWhoIsAway) {
  open();
  toy_.engine().permit(2);
  ClientReader<Buffer> first = call({}, 0, 2);
  EXPECT_EQ(read(first).size(), 2U);
  (void)first.finish().wait();
  service_->streams.stop();
  EXPECT_EQ(service_->streams.size(), 0U);
  toy_.engine().release();
  EXPECT_TRUE(eventually([&] { return toy_.statistics().pages_in_use == 0; }));
}

}  // namespace
}  // namespace parlance::text::testing
