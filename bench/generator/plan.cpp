#include "plan.h"

#include "answers.h"

namespace bench {
namespace {

constexpr float kFeature = 0.5F;

inference::PredictRequest predict_request(const Plan& plan) {
  inference::PredictRequest request;
  request.set_request_id("req-000001");
  request.set_model_name("resnet50");
  request.set_model_version(1);
  request.mutable_features()->Resize(static_cast<int>(plan.features), kFeature);
  if (plan.raw_bytes > 0) request.set_raw_input(std::string(plan.raw_bytes, 'x'));
  return request;
}

inference::BatchPredictRequest batch_request(const Plan& plan) {
  inference::BatchPredictRequest request;
  for (unsigned i = 0; i < plan.batch; ++i) *request.add_requests() = predict_request(plan);
  return request;
}

inference::GenerateRequest generate_request(const Plan& plan) {
  inference::GenerateRequest request;
  request.set_request_id("req-000001");
  request.set_prompt("Once upon a time");
  request.set_model_name("resnet50");
  request.set_max_tokens(static_cast<int>(plan.max_tokens));
  return request;
}

template <typename Message>
bool is(std::string_view bytes, const Message& expected) {
  Message message;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
         message.SerializeAsString() == expected.SerializeAsString();
}

}  // namespace

std::string request_message(const Plan& plan) {
  if (plan.method == Method::kGenerate) return generate_request(plan).SerializeAsString();
  if (plan.method == Method::kBatchPredict) return batch_request(plan).SerializeAsString();
  return predict_request(plan).SerializeAsString();
}

unsigned expected_messages(const Plan& plan) {
  return plan.method == Method::kGenerate ? plan.max_tokens : 1;
}

bool is_expected_answer(const Plan& plan, std::string_view message) {
  if (plan.method == Method::kGenerate) {
    inference::GenerateToken token;
    make_token(generate_request(plan), 1, token);
    return is(message, token);
  }
  if (plan.method == Method::kBatchPredict) {
    inference::BatchPredictResponse response;
    predict_batch(batch_request(plan), response);
    return is(message, response);
  }
  inference::PredictResponse response;
  predict(predict_request(plan), response);
  return is(message, response);
}

}  // namespace bench
