// parlance-bench-server: InferenceService without a model, so that a benchmark measures the calls and nothing
// else. Predict answers ten times the sum of the features; Generate answers max_tokens times the same token.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "echo_predict.h"
#include "parlance/inference.parlance.h"
#include "rpc/server.h"

namespace {

using inference::BatchPredictRequest;
using inference::BatchPredictResponse;
using inference::GenerateRequest;
using inference::GenerateToken;
using inference::PredictRequest;
using inference::PredictResponse;
using parlance::Incoming;
using parlance::Reader;
using parlance::Result;
using parlance::ServerCall;
using parlance::Status;
using parlance::Task;
using parlance::Writer;

// Requests of the bandwidth workloads are about 4 MB; the default limit is 4 MiB.
constexpr std::size_t kMaxMessageBytes = 64 * 1024 * 1024;

class Inference final : public inference::InferenceService::Handler {
 public:
  Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
    PredictResponse response;
    echo_predict(*request, response);
    co_return response;
  }

  Task<Status> Generate(ServerCall&, Incoming<GenerateRequest> request, Writer<GenerateToken>& out) override {
    GenerateToken token;
    token.set_request_id(request->request_id());
    token.set_token("token");
    token.set_log_prob(-0.5F);
    for (int i = 1; i <= request->max_tokens(); ++i) {
      token.set_token_id(i);
      if (i == request->max_tokens()) {
        token.set_is_final(true);
        token.set_finish_reason("length");
      }
      if (!co_await out.write(token)) break;
    }
    co_return Status{};
  }

  Task<Result<BatchPredictResponse>> BatchPredict(ServerCall&,
                                                  Incoming<BatchPredictRequest> request) override {
    BatchPredictResponse response;
    response.mutable_responses()->Reserve(request->requests_size());
    for (const PredictRequest& one : request->requests()) echo_predict(one, *response.add_responses());
    co_return response;
  }

  Task<Status> StreamingPredict(ServerCall&, Reader<PredictRequest>& in,
                                Writer<PredictResponse>& out) override {
    PredictResponse response;
    while (auto request = co_await in.read()) {
      echo_predict(**request, response);
      if (!co_await out.write(response)) break;
    }
    co_return Status{};
  }
};

}  // namespace

int main(int count, char** arguments) {
  int port = 50051;
  unsigned threads = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name{arguments[i]};
    if (name == "--port") port = std::atoi(arguments[i + 1]);
    if (name == "--threads") threads = static_cast<unsigned>(std::atoi(arguments[i + 1]));
  }
  parlance::Server server{{.listen = {"127.0.0.1:" + std::to_string(port)},
                           .threads = threads,
                           .max_receive_message_bytes = kMaxMessageBytes}};
  server.add(std::make_shared<Inference>());
  const Result<void> result = server.run();
  if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  return result ? 0 : 1;
}
