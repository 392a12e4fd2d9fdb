#include "large_calls.h"

#include "copy_counter.h"
#include "loopback_server.h"
#include "parlance/inference.parlance.h"
#include "rpc/task.h"
#include "rpc/wait.h"

namespace parlance::testing {
namespace {

using inference::InferenceService;
using inference::PredictRequest;
using inference::PredictResponse;

// Told of every call by the one thread it watches; counts between two of them.
class Span {
 public:
  explicit Span(const LargePlan& plan) : plan_(plan) {}

  void on_call() {
    ++seen_;
    if (seen_ == plan_.warm_up_calls) before_bytes_ = bytes_copied_by_this_thread();
    if (seen_ == plan_.warm_up_calls + plan_.calls) {
      copied_bytes_ = bytes_copied_by_this_thread() - before_bytes_;
    }
  }
  double copies() const {
    return static_cast<double>(copied_bytes_) / static_cast<double>(plan_.payload_bytes * plan_.calls);
  }

 private:
  const LargePlan& plan_;
  unsigned seen_ = 0;
  std::uint64_t before_bytes_ = 0;
  std::uint64_t copied_bytes_ = 0;
};

// Answers the size of the input with as many predictions as the request's version says.
class Predictor final : public InferenceService::Handler {
 public:
  explicit Predictor(Span& span) : span_(span) {}

  Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
    span_.on_call();
    PredictResponse response;
    response.add_prediction_shape(static_cast<int>(request->raw_input().size()));
    response.mutable_predictions()->Resize(request->model_version(), 0.5F);
    co_return response;
  }

 private:
  Span& span_;
};

Task<void> call_on(const InferenceService::Client& client, const PredictRequest& request,
                   const LargePlan& plan, Span& span) {
  for (unsigned i = 0; i < plan.warm_up_calls + plan.calls; ++i) {
    const Result<PredictResponse> response = co_await client.Predict(request);
    if (!response) die(response.error());
    if (response->prediction_shape(0) != static_cast<int>(request.raw_input().size()) ||
        response->predictions_size() != request.model_version()) {
      die(Status{StatusCode::kInternal, "the answer is not what was asked for"});
    }
    span.on_call();
  }
}

PayloadCopies measure(const PredictRequest& request, const LargePlan& plan) {
  Span server_span{plan};
  Span client_span{plan};
  {
    const LoopbackServer server{std::make_shared<Predictor>(server_span)};
    const InferenceService::Client client{
        Channel::open(server.address(), {.max_receive_message_bytes = 64 * 1024 * 1024})};
    call_on(client, request, plan, client_span).wait();
  }
  return {.server = server_span.copies(), .client = client_span.copies()};
}

}  // namespace

PayloadCopies measure_large_requests(const LargePlan& plan) {
  PredictRequest request;
  request.set_raw_input(std::string(plan.payload_bytes, 'x'));
  return measure(request, plan);
}

PayloadCopies measure_large_responses(const LargePlan& plan) {
  PredictRequest request;
  request.set_model_version(static_cast<int>(plan.payload_bytes / sizeof(float)));
  return measure(request, plan);
}

}  // namespace parlance::testing
