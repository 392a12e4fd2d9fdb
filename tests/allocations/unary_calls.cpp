#include "unary_calls.h"

#include <semaphore>

#include "loopback_server.h"
#include "parlance/inference.parlance.h"
#include "rpc/wait.h"

namespace parlance::testing {
namespace {

using inference::InferenceService;
using inference::PredictRequest;
using inference::PredictResponse;

// Told of every call by the one thread it watches; counts between two of them.
class Span {
 public:
  explicit Span(const UnaryPlan& plan) : plan_(plan) {
    if (plan.note_sites) result_.sites = std::make_unique<AllocationSites>();
  }

  void on_call() {
    ++seen_;
    if (seen_ == plan_.warm_up_calls) {
      before_ = allocations_of_this_thread();
      note_sites(result_.sites.get());
    } else if (seen_ == plan_.warm_up_calls + plan_.calls) {
      note_sites(nullptr);
      const Allocations after = allocations_of_this_thread();
      result_.total = {.count = after.count - before_.count, .bytes = after.bytes - before_.bytes};
    }
  }

  SideAllocations take() { return std::move(result_); }

 private:
  const UnaryPlan& plan_;
  unsigned seen_ = 0;
  Allocations before_;
  SideAllocations result_;
};

class Predictor final : public InferenceService::Handler {
 public:
  explicit Predictor(Span& span) : span_(span) {}

  Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
    span_.on_call();
    Outgoing<PredictResponse> response;
    response->set_request_id(request->request_id());
    response->set_model_name(request->model_name());
    response->mutable_predictions()->Resize(10, request->features(0));
    co_return response;
  }

 private:
  Span& span_;
};

// Calls one after the other; several of these run on the client's loop.
class Caller {
 public:
  Caller(const InferenceService::Client& client, const UnaryPlan& plan) : client_(client), span_(plan) {
    left_ = plan.warm_up_calls + plan.calls;
    request_.set_request_id("req-000001");
    request_.set_model_name("resnet50");
    request_.add_features(0.5F);
  }

  Task<void> call_on() {
    while (left_ > 0) {
      --left_;
      const Result<PredictResponse> response = co_await client_.Predict(request_);
      if (!response) die(response.error());
      span_.on_call();
    }
    done_.release();
  }

  void wait(unsigned callers) {
    for (unsigned i = 0; i < callers; ++i) done_.acquire();
  }
  Span& span() { return span_; }

 private:
  const InferenceService::Client& client_;
  Span span_;
  PredictRequest request_;
  unsigned left_;
  std::counting_semaphore<> done_{0};
};

}  // namespace

UnaryAllocations measure_unary_calls(const UnaryPlan& plan) {
  Span server_span{plan};
  const LoopbackServer server{std::make_shared<Predictor>(server_span)};
  const InferenceService::Client client{Channel::open(server.address())};
  Caller caller{client, plan};
  for (unsigned i = 0; i < plan.in_flight; ++i) spawn(net::background_loop(), caller.call_on());
  caller.wait(plan.in_flight);
  return {.server = server_span.take(), .client = caller.span().take(), .calls = plan.calls};
}

}  // namespace parlance::testing
