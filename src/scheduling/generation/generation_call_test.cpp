// A handler that streams what a GenerationLoop makes, and callers who leave.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <random>

#include "rpc/client_call.h"
#include "rpc/in_process.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "scheduling/generation/generation_loop.h"
#include "scheduling/testing/toy_engine.h"

namespace parlance::scheduling::testing {

using generation::Token;
using generation::testing::ToyModel;

constexpr std::size_t kTokens = 120;

/// A message is a token, one byte; the request is the prompt's.
class Storyteller final : public Service {
 public:
  Storyteller(GenerationLoop& loop, ToyEngine& engine) : loop_(loop), engine_(engine) {}

  std::string_view full_name() const override { return "test.Storyteller"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_server_streaming("Tell", *this, &Storyteller::Tell));
    return methods;
  }

  Task<Status> Tell(ServerCall& call, Incoming<Buffer> prompt, Writer<Buffer>& out) {
    const auto key = static_cast<Token>(prompt.bytes().bytes()[0]);
    const Status status = co_await tell(call, key, out);
    ended(key);
    co_return status;
  }

  /// How many steps had been begun of the one who left, when the handler had ended; waits for that.
  std::size_t steps_at_the_end(Token key) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds{60}, [&] { return steps_.contains(key); });
    return steps_.contains(key) ? steps_[key] : 0;
  }

 private:
  Task<Status> tell(ServerCall& call, Token key, Writer<Buffer>& out) {
    GenerationRequest request;
    request.sequence.prompt = {key, 1, 2};
    request.sequence.max_tokens = kTokens;
    request.sequence.deadline = call.deadline();
    request.sampling.temperature = 0;
    Result<GenerationStream> stream = loop_.start(std::move(request));
    if (!stream) co_return stream.error();
    const CancelWithCall cancel{call, *stream};
    while (auto step = co_await stream->next()) {
      if (step->finish == FinishReason::kError) co_return step->status;
      const auto token = static_cast<std::byte>(step->sampled.token);
      const Buffer message = Buffer::copy_of({&token, 1});
      if (!co_await out.write(message)) break;
    }
    co_return Status{};
  }

  void ended(Token key) {
    const std::lock_guard lock{mutex_};
    steps_[key] = engine_.steps_of(key);
    changed_.notify_all();
  }

  GenerationLoop& loop_;
  ToyEngine& engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Token, std::size_t> steps_;  // guarded by mutex_
};

namespace {

class GenerationCalls : public ::testing::Test {
 protected:
  GenerationCalls() {
    server_.add(teller_);
    require(server_.start().has_value(), "the server starts");
  }
  ClientReader<Buffer> tell(Token key, CallOptions options = {}) const {
    const auto prompt = static_cast<std::byte>(key);
    return {channel_, "/test.Storyteller/Tell", Buffer::copy_of({&prompt, 1}), options};
  }
  static std::vector<Token> read(ClientReader<Buffer>& call, std::size_t most) {
    std::vector<Token> tokens;
    while (tokens.size() < most) {
      const auto message = call.read().wait();
      if (!message) break;
      tokens.push_back(static_cast<Token>(message->bytes()[0]));
    }
    return tokens;
  }
  static std::vector<Token> alone(Token key) {
    return ToyModel::alone({key, 1, 2}, kTokens, ToyEngine::kVocabulary);
  }

  ToyEngine engine_{4000, 4};
  GenerationLoop loop_{"story", engine_, {.prefix_cache = false}};
  std::shared_ptr<Storyteller> teller_ = std::make_shared<Storyteller>(loop_, engine_);
  Server server_{{.listen = {}, .threads = 2}};
  Channel channel_ = in_process_channel(server_);
};

TEST_F(GenerationCalls, FiftyWhoLeaveAtAnyTokenCostAStepEachAtMost) {
  engine_.pace(std::chrono::milliseconds{2});
  std::mt19937 random{10};
  std::deque<ClientReader<Buffer>> calls;
  for (Token key = 0; key < 54; ++key) calls.push_back(tell(key));
  for (Token key = 0; key < 50; ++key) {
    ClientReader<Buffer>& call = calls[static_cast<std::size_t>(key)];
    const std::size_t most = 1 + static_cast<std::size_t>(key) * 3 / 2 + random() % 4;
    std::vector<Token> wanted = alone(key);
    wanted.resize(most);
    EXPECT_EQ(read(call, most), wanted);
    call.cancel();
  }
  for (Token key = 50; key < 54; ++key) {
    ClientReader<Buffer>& call = calls[static_cast<std::size_t>(key)];
    EXPECT_EQ(read(call, kTokens + 1), alone(key)) << "a neighbour";
  }
  std::map<Token, std::size_t> at_the_end;
  for (Token key = 0; key < 54; ++key) at_the_end[key] = teller_->steps_at_the_end(key);
  loop_.stop();
  for (const auto& [key, steps] : at_the_end) EXPECT_LE(engine_.steps_of(key), steps + 1) << key;
  EXPECT_EQ(loop_.statistics().pages_in_use, 0U);
  EXPECT_GT(loop_.statistics().saved.cancelled, 0U);
}

TEST_F(GenerationCalls, ADeadlineEndsTheCallAndTheSequence) {
  engine_.permit(3);
  ClientReader<Buffer> call = tell(1, {.timeout = std::chrono::milliseconds{300}});
  EXPECT_LE(read(call, kTokens).size(), 3U);
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kDeadlineExceeded);
  engine_.release();
  (void)teller_->steps_at_the_end(1);
  loop_.stop();
  EXPECT_LE(engine_.steps_of(1), 4U);
  EXPECT_EQ(loop_.statistics().pages_in_use, 0U);
}

}  // namespace
}  // namespace parlance::scheduling::testing
