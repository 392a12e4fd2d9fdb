#include "predict_calls.h"

#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <vector>

#include "parlance/inference.parlance.h"
#include "parlance/inference.views.h"
#include "rpc/server.h"
#include "rpc/wait.h"

namespace parlance::testing {
namespace {

using inference::InferenceService;

constexpr std::size_t kMaxMessageBytes = 64 * 1024 * 1024;
constexpr float kFeature = 0.5F;

[[noreturn]] void die(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::abort();
}

class MessageHandler final : public InferenceService::Handler {
 public:
  MessageHandler(const PredictPlan& plan, const std::function<void()>& on_call)
      : predictions_(static_cast<int>(plan.predictions)), on_call_(on_call) {}

  Task<Result<inference::PredictResponse>> Predict(ServerCall&,
                                                   Incoming<inference::PredictRequest> request) override {
    on_call_();
    Outgoing<inference::PredictResponse> response;
    response->set_request_id(request->request_id());
    response->set_model_name(request->model_name());
    response->set_model_version(static_cast<int>(request->raw_input().size()));
    response->mutable_predictions()->Resize(predictions_, request->features(0));
    co_return response;
  }

 private:
  const int predictions_;
  const std::function<void()>& on_call_;
};

class ViewHandler final : public InferenceService::ViewHandler {
 public:
  ViewHandler(const PredictPlan& plan, const std::function<void()>& on_call)
      : predictions_(plan.predictions, kFeature), on_call_(on_call) {}

  Task<Result<Written<inference::PredictResponseFields>>> Predict(
      ServerCall&, Incoming<inference::PredictRequestView> request) override {
    on_call_();
    co_return inference::PredictResponseFields{
        .request_id = request->request_id(),
        .predictions = predictions_,
        .model_name = request->model_name(),
        .model_version = static_cast<int>(request->raw_input().size())};
  }

 private:
  const std::vector<float> predictions_;
  const std::function<void()>& on_call_;
};

std::shared_ptr<Service> make_service(const PredictPlan& plan, const std::function<void()>& on_call) {
  if (plan.form == Form::kViews) return std::make_shared<ViewHandler>(plan, on_call);
  return std::make_shared<MessageHandler>(plan, on_call);
}

bool is_answer(const PredictPlan& plan, const inference::PredictResponse& response) {
  return response.predictions_size() == static_cast<int>(plan.predictions) &&
         response.model_version() == static_cast<int>(plan.raw_input_bytes);
}

bool is_answer(const PredictPlan& plan, const Incoming<inference::PredictResponseView>& response) {
  return response->predictions().size() == plan.predictions &&
         response->model_version() == static_cast<int>(plan.raw_input_bytes);
}

// Calls one after the other; several of these run on the client's loop.
template <typename Client, typename Request>
class Caller {
 public:
  Caller(const PredictPlan& plan, Channel channel, const Request& request,
         const std::function<void()>& on_call)
      : plan_(plan), client_(std::move(channel)), request_(request), left_(plan.calls), on_call_(on_call) {}

  void run() {
    for (unsigned i = 0; i < plan_.in_flight; ++i) spawn(net::background_loop(), call_on());
    for (unsigned i = 0; i < plan_.in_flight; ++i) done_.acquire();
  }

 private:
  Task<void> call_on() {
    inference::PredictResponse message;  // keeps its memory from call to call
    while (left_ > 0) {
      --left_;
      if constexpr (std::same_as<Client, InferenceService::Client>) {
        const Status status = co_await client_.Predict(request_).into(message);
        check(status, message);
      } else {
        const auto response = co_await client_.Predict(request_);
        response ? check({}, *response) : die(response.error());
      }
      on_call_();
    }
    done_.release();
  }

  void check(const Status& status, const auto& response) const {
    if (!status.ok()) die(status);
    if (!is_answer(plan_, response)) die({StatusCode::kInternal, "not the answer that was asked for"});
  }

  const PredictPlan& plan_;
  const Client client_;
  const Request& request_;
  unsigned left_;
  const std::function<void()>& on_call_;
  std::counting_semaphore<> done_{0};
};

void call_with_messages(const PredictPlan& plan, Channel channel, const std::function<void()>& on_call) {
  inference::PredictRequest request;
  request.set_request_id("req-000001");
  request.set_model_name("resnet50");
  request.add_features(kFeature);
  request.set_raw_input(std::string(plan.raw_input_bytes, 'x'));
  Caller<InferenceService::Client, inference::PredictRequest>{plan, std::move(channel), request, on_call}
      .run();
}

void call_with_views(const PredictPlan& plan, Channel channel, const std::function<void()>& on_call) {
  const std::vector<float> features{kFeature};
  const std::string raw_input(plan.raw_input_bytes, 'x');
  const inference::PredictRequestFields request{
      .request_id = "req-000001", .model_name = "resnet50", .features = features, .raw_input = raw_input};
  Caller<InferenceService::ViewClient, inference::PredictRequestFields>{plan, std::move(channel), request,
                                                                        on_call}
      .run();
}

}  // namespace

void make_predict_calls(const PredictPlan& plan, const std::function<void()>& on_server_call,
                        const std::function<void()>& on_client_call) {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1, .max_receive_message_bytes = kMaxMessageBytes}};
  server.add(make_service(plan, on_server_call));
  if (const Result<void> started = server.start(); !started) die(started.error());
  Channel channel =
      Channel::open(server.addresses().front(), {.max_receive_message_bytes = kMaxMessageBytes});
  if (plan.form == Form::kViews) {
    call_with_views(plan, std::move(channel), on_client_call);
  } else {
    call_with_messages(plan, std::move(channel), on_client_call);
  }
}

}  // namespace parlance::testing
