// Views: requests read where they lie, answers written in one pass, without libprotobuf.
#include <array>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "example.h"
#include "rpc/server.h"
#include "scores.parlance.h"
#include "scores.views.h"

using namespace parlance;
using guide::v1::EmbeddingFields;
using guide::v1::EmbeddingView;
using guide::v1::ScoreRequestFields;
using guide::v1::ScoreRequestView;
using guide::v1::ScoreResponseFields;
using guide::v1::ScoreResponseView;
using guide::v1::Scores;

// [sum]
// Eight sums side by side, which the compiler makes in vector registers; one sum would wait for each
// addition.
float sum_of(const wire::PackedFixed<float>& values) {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> lanes{};
  std::size_t index = 0;
  for (; index + kLanes <= values.size(); index += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += values[index + lane];
  }
  float sum = std::accumulate(lanes.begin(), lanes.end(), 0.0F);
  for (; index < values.size(); ++index) sum += values[index];
  return sum;
}
// [/sum]

// Stands for a model that takes and fills arrays.
void run_model(std::span<const float> features, std::span<float> embedding) {
  for (std::size_t index = 0; index < embedding.size(); ++index) {
    embedding[index] = features.empty() ? 0.0F : features[index % features.size()];
  }
}

// [handler]
class Scorer final : public Scores::ViewHandler {
  Task<Result<Written<ScoreResponseFields>>> Score(ServerCall&, Incoming<ScoreRequestView> request) override {
    const std::optional<std::string_view> tenant = request->labels().find("tenant");
    if (!tenant) co_return Status{StatusCode::kInvalidArgument, "the label tenant is missing"};
    std::array<float, 10> scores{};
    for (const ScoreRequestView::Part part : request->parts()) {
      for (float& score : scores) score += sum_of(part.features());
    }
    co_return ScoreResponseFields{.id = request->id(), .scores = scores};
  }
  // [/handler]

  // [slot]
  Task<Result<Written<EmbeddingFields>>> Embed(ServerCall&, Incoming<ScoreRequestView> request) override {
    if (request->parts().empty()) co_return Status{StatusCode::kInvalidArgument, "there is no part"};
    const wire::AlignedSpan<float> features = request->parts().front().features().aligned();

    wire::Slot<float> values{4096};
    Written<EmbeddingFields> response{{.values = values}, values};
    run_model(features, values.span());  // into the bytes that will be sent
    co_return response;
  }
  // [/slot]
};

int main() {
  Server server{{.listen = {"127.0.0.1:0"}}};
  server.add(std::make_shared<Scorer>());
  guide::start(server);

  // [client]
  const Scores::ViewClient client{Channel::open(server.addresses().front())};
  const std::vector<float> features{0.5F, 1.5F};
  const std::array parts{ScoreRequestFields::Part{.features = features}};
  const std::array labels{ScoreRequestFields::LabelsEntry{.key = "tenant", .value = "blue"}};
  const Result<Incoming<ScoreResponseView>> response =
      client.Score({.id = "42", .parts = parts, .labels = labels}).wait();
  // [/client]
  const Incoming<ScoreResponseView>& scores = response.value();
  guide::expect_equal(scores->id(), "42", "the id");
  guide::expect_equal(scores->scores().size(), 10u, "the number of scores");
  guide::expect_equal(scores->scores()[9], 2.0F, "a score");

  const Result<Incoming<EmbeddingView>> embedding = client.Embed({.parts = parts}).wait();
  guide::expect_equal((*embedding)->values().size(), 4096u, "the values of an embedding");
  guide::expect_equal((*embedding)->values()[1], 1.5F, "one of them");

  const auto error = client.Score({.parts = parts}).wait().error();
  guide::expect_equal(error.to_string(), "INVALID_ARGUMENT: the label tenant is missing",
                      "a request without label");

  // A caller on libprotobuf's messages does not see the difference.
  const Scores::Client other{Channel::open(server.addresses().front())};
  guide::v1::ScoreRequest request;
  request.add_parts()->add_features(3.0F);
  (*request.mutable_labels())["tenant"] = "red";
  guide::expect_equal(guide::value_of(other.Score(request).wait()).scores(0), 3.0F,
                      "with messages of libprotobuf");

  // [bad]
  const Buffer bytes = Buffer::adopt("\x0a\x02\xff\xff");  // an id that is not UTF-8
  UnaryCall<Buffer> bad{Channel::open(server.addresses().front()), "/guide.v1.Scores/Score", bytes, {}};
  const Status refused = bad.wait().error();
  // [/bad]
  guide::expect_equal(
      refused.to_string(),
      "INTERNAL: the message of 4 bytes is not a valid guide.v1.ScoreRequest: field 1 (id) of "
      "guide.v1.ScoreRequest at byte 0 is not UTF-8",
      "a request that is no message");
}
