// parlance-bench-client: unary calls on our client, as a user would write them.

#include <atomic>
#include <string>

#include "client_window.h"
#include "parlance/inference.parlance.h"
#include "rpc/wait.h"

namespace {

using inference::InferenceService;
using inference::PredictRequest;
using inference::PredictResponse;
using parlance::Status;
using parlance::Task;

std::atomic<long> answers = 0;
std::atomic<long> errors = 0;

// Written by one thread alone.
void count(std::atomic<long>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

Task<void> call_on(const InferenceService::Client& client) {
  PredictRequest request;
  request.set_request_id("req-000001");
  request.set_model_name("resnet50");
  request.set_model_version(1);
  request.add_features(0.5F);
  PredictResponse response;
  for (;;) {
    const Status status = co_await client.Predict(request).into(response);
    count(status.ok() && response.predictions_size() == 10 ? answers : errors);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const bench::ClientOptions options = bench::read_client_options(count, arguments);
  const InferenceService::Client client{parlance::Channel::open("127.0.0.1:" + std::to_string(options.port))};
  for (unsigned i = 0; i < options.in_flight; ++i) spawn(parlance::net::background_loop(), call_on(client));
  bench::tell_window(options, [] { return bench::ClientCounts{answers, errors}; });
}
