#include "text/embedding.h"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "grpc/error_details.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"
#include "rpc/client_call.h"
#include "rpc/in_process.h"
#include "rpc/server.h"
#include "rpc/service.h"
#include "text/testing/summing_model.h"

namespace parlance::text {
namespace {

using testing::SummingBackend;
using testing::SummingModel;
using Text = google::protobuf::StringValue;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::UnorderedElementsAre;

/// A request is texts, a line each; the answer is what came of them, as the test's thread may read it.
class Embedder final : public Service {
 public:
  Embedder(models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  std::string_view full_name() const override { return "test.Embedder"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("One", *this, &Embedder::One));
    methods.push_back(bind_unary("All", *this, &Embedder::All));
    return methods;
  }

  Task<Result<Text>> One(ServerCall& call, Incoming<Text> given) {
    Task<Result<Embedding>> embedding = embed(call, scheduler_, request_for(given->value()));
    Result<Embedding> one = co_await std::move(embedding);
    if (!one) co_return one.error();
    made.assign(1, *std::move(one));
    co_return Text{};
  }

  Task<Result<Text>> All(ServerCall& call, Incoming<Text> given) {
    std::vector<EmbedRequest> requests;
    std::string line;
    for (const char each : given->value() + "\n") {
      if (each != '\n') {
        line += each;
        continue;
      }
      requests.push_back(request_for(std::exchange(line, {})));
    }
    Task<Embeddings> embedding = embed_all(call, scheduler_, std::move(requests));
    Embeddings all = co_await std::move(embedding);
    failed = all.failed;
    made = std::move(all.all);
    if (!all.status.ok()) co_return all.status;
    co_return Text{};
  }

  std::string model = "sums";
  bool normalize = false;
  Deadline deadline;
  std::vector<Embedding> made;
  std::size_t failed = 0;

 private:
  /// "#1,5,2" are tokens.
  EmbedRequest request_for(const std::string& text) {
    EmbedRequest request{
        .model = repository_.find(model).value(), .text = text, .normalize = normalize, .deadline = deadline};
    if (!text.starts_with("#")) return request;
    std::vector<generation::Token> tokens;
    for (std::size_t at = 1; at < text.size();
         at = text.find(',', at) == std::string::npos ? text.size() : text.find(',', at) + 1)
      tokens.push_back(std::stoi(text.substr(at)));
    request.text = std::move(tokens);
    return request;
  }

  models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
};

class EmbeddingCalls : public ::testing::Test {
 protected:
  EmbeddingCalls() {
    folder_.write("sums/1/model.sums", "");
    folder_.write("sums/model.yaml",
                  "run: worker\n"
                  "embedding: {max_tokens: 8, lengths: [4, 8]}\n"
                  "batching: {max_batch: 4}\n"
                  "warmup: {batch_sizes: [1]}\n");
    require(repository_.load().ok(), "the model is loaded");
    server_.add(embedder_);
    require(server_.start().has_value(), "the server starts");
    runs_.shapes.clear();
  }

  models::BackendRegistry backends() {
    models::BackendRegistry registry;
    registry.add(std::make_unique<SummingBackend>(runs_));
    return registry;
  }
  Status call(const char* method, std::string_view texts) {
    Text request;
    request.set_value(std::string{texts});
    const Result<Text> answer = UnaryCall<Text>{channel_, method, request, {}}.wait();
    return answer ? Status{} : answer.error();
  }
  Status one(std::string_view text) { return call("/test.Embedder/One", text); }
  Status all(std::string_view texts) { return call("/test.Embedder/All", texts); }
  const std::vector<Embedding>& made() const { return embedder_->made; }

  models::testing::TempFolder folder_;
  SummingModel::Runs runs_;
  scheduling::Scheduler scheduler_;
  models::Repository repository_{{.root = folder_.path(), .make_companion = scheduler_.companion_maker()},
                                 backends()};
  std::shared_ptr<Embedder> embedder_ = std::make_shared<Embedder>(repository_, scheduler_);
  Server server_{{.listen = {}, .threads = 1}};
  Channel channel_ = in_process_channel(server_);
};

TEST_F(EmbeddingCalls, OfATextSeesItsTokensAndNothingBehindThem) {
  ASSERT_TRUE(one("a").ok());
  EXPECT_THAT(made()[0].values, ElementsAre(1 + 'a' + 2, 3));
  EXPECT_EQ(made()[0].tokens, 3U);
  EXPECT_FALSE(made()[0].truncated);
  EXPECT_EQ(made()[0].version, 1);
  EXPECT_THAT(runs_.shapes, ElementsAre(models::Shape{1, 4}));
}

TEST_F(EmbeddingCalls, ALongTextIsCutAndClosed) {
  ASSERT_TRUE(one("aaaaaaaaaaaa").ok());
  EXPECT_THAT(made()[0].values, ElementsAre(1 + 6 * 'a' + 2, 8));
  EXPECT_EQ(made()[0].tokens, 8U);
  EXPECT_TRUE(made()[0].truncated);
}

TEST_F(EmbeddingCalls, ATextThatIsEncodedByAWorkerGivesTheSame) {
  ASSERT_TRUE(one(std::string(100'000, 'a')).ok());
  EXPECT_THAT(made()[0].values, ElementsAre(1 + 6 * 'a' + 2, 8));
}

TEST_F(EmbeddingCalls, HaveLength1OnRequest) {
  embedder_->normalize = true;
  ASSERT_TRUE(one("a").ok());
  EXPECT_THAT(made()[0].values, ElementsAre(FloatNear(0.99955F, 1e-5F), FloatNear(0.029987F, 1e-5F)));
}

TEST_F(EmbeddingCalls, SeveralTextsOfSimilarLengthShareARun) {
  ASSERT_TRUE(all("a\nbb\nccccc\nd\ndddd").ok());
  std::vector<float> counts;
  for (const Embedding& each : made()) counts.push_back(each.values[1]);
  EXPECT_THAT(counts, ElementsAre(3, 4, 7, 3, 6));
  EXPECT_THAT(runs_.shapes, UnorderedElementsAre(models::Shape{3, 4}, models::Shape{2, 8}));
  EXPECT_EQ(made()[0].batch_rows, 3U);
}

TEST_F(EmbeddingCalls, OfLongTextsAreRunAlone) {
  const std::string text(65, 'a');
  folder_.write("long/1/model.sums", "");
  folder_.write("long/model.yaml",
                "run: worker\nembedding: {max_tokens: 128, lengths: [64, 128]}\nbatching: {max_batch: 4}\n"
                "warmup: {batch_sizes: [1]}\n");
  ASSERT_TRUE(repository_.load().ok());
  runs_.shapes.clear();
  embedder_->model = "long";
  ASSERT_TRUE(all("a\nb\n" + text + "\n" + text).ok());
  EXPECT_THAT(runs_.shapes,
              UnorderedElementsAre(models::Shape{2, 64}, models::Shape{1, 128}, models::Shape{1, 128}));
}

TEST_F(EmbeddingCalls, TokensAreTakenAsTheyAre) {
  ASSERT_TRUE(one("#5,6").ok());
  EXPECT_THAT(made()[0].values, ElementsAre(11, 2));
}

TEST_F(EmbeddingCalls, TokensThatTheModelDoesNotKnowAreRefused) {
  const Status status = one("#5,128");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "there is no token 128: the model has 128");
  EXPECT_EQ(one("#-1").code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(one("#").message(), "the text has no tokens");
}

TEST_F(EmbeddingCalls, AnErrorOfOneIsThatOfAllAndNoneIsRun) {
  const Status status = all("a\n#200\nb");
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(embedder_->failed, 1U);
  EXPECT_TRUE(made().empty());
  EXPECT_TRUE(runs_.shapes.empty());
}

TEST_F(EmbeddingCalls, AreNotRunForWhoSetATimeThatHasPassed) {
  embedder_->deadline = Deadline::after(Clock::now(), std::chrono::seconds{-1});
  EXPECT_EQ(one("a").code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(runs_.shapes.empty());
}

}  // namespace
}  // namespace parlance::text
