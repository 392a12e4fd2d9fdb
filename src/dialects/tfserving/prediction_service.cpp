#include "dialects/tfserving/prediction_service.h"

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/errors.h"
#include "dialects/tfserving/example_results.h"
#include "dialects/tfserving/examples.h"
#include "dialects/tfserving/metadata.h"
#include "dialects/tfserving/model_choice.h"
#include "dialects/tfserving/predict.h"
#include "dialects/tfserving/run_examples.h"
#include "dialects/tfserving/signatures.h"
#include "dialects/tfserving/tensor_input.h"
#include "dialects/tfserving/tensor_output.h"
#include "google/protobuf/any.views.h"
#include "grpc/error_details.h"

namespace parlance::dialects::tfserving {
namespace {

using namespace ::tensorflow::serving;

std::string_view or_default(std::string_view signature) {
  return signature.empty() ? kDefaultSignature : signature;
}

template <typename Request>
Result<models::ModelHandle> find(const models::Repository& repository, const Request& request) {
  if (!request.has_model_spec()) return invalid("Missing ModelSpec");
  return find_model(repository, to_choice(request.model_spec()));
}

struct Asked {
  ServedSignature signature;
  models::Tensors inputs;
};

Result<Asked> read(const models::ModelHandle& model, const PredictRequestView& request) {
  Result<ServedSignature> signature = predict_signature(model, request.model_spec().signature_name());
  if (!signature) return std::unexpected{std::move(signature).error()};
  Result<models::Tensors> inputs = to_tensors(signature->tensors, request);
  if (!inputs) return std::unexpected{std::move(inputs).error()};
  if (Status status = check_outputs(request, signature->tensors); !status.ok())
    return std::unexpected{std::move(status)};
  return Asked{*std::move(signature), *std::move(inputs)};
}

/// The model's own outputs for them.
Task<Result<models::Tensors>> run_input(ServerCall& call, scheduling::Scheduler& scheduler,
                                        models::ModelHandle model, InputView input) {
  const Result<Examples> examples = to_examples(input);
  if (!examples) co_return examples.error();
  Task<Result<models::Tensors>> running = run_examples(call, scheduler, std::move(model), *examples);
  co_return co_await std::move(running);
}

/// What one task of a MultiInference asks for.
struct Wanted {
  InferenceTaskView task;
  bool classifies = false;
  std::size_t output = 0;
};

Result<Wanted> read_task(const models::ModelHandle& model, const InferenceTaskView& task) {
  const std::string_view method = task.method_name();
  const bool classifies = method == method_name(SignatureKind::kClassify);
  if (!classifies && method != method_name(SignatureKind::kRegress))
    return std::unexpected{grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT",
                                            concat("Unsupported signature method_name: ", method),
                                            {{"hop", "server"}})};
  const std::string_view signature = task.model_spec().signature_name();
  const Result<std::size_t> output =
      classifies ? classify_output(model, signature) : regress_output(model, signature);
  if (!output) return std::unexpected{output.error()};
  return Wanted{task, classifies, *output};
}

Result<std::vector<Wanted>> read_tasks(const models::ModelHandle& model,
                                       const MultiInferenceRequestView& request) {
  std::vector<Wanted> wanted;
  std::set<std::string_view> signatures;
  std::string_view name;
  for (const InferenceTaskView task : request.tasks()) {
    const ModelSpecView spec = task.model_spec();
    if (spec.name().empty()) return invalid("Found ModelSpec with an empty model name.");
    if (!name.empty() && spec.name() != name)
      return invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.");
    name = spec.name();
    const std::string_view signature = or_default(spec.signature_name());
    if (!signatures.insert(signature).second)
      return invalid(concat("Duplicate evaluation of signature: ", signature));
    if (!find_signature(model, signature))
      return no_signature(StatusCode::kInvalidArgument,
                          concat("Requested signature not found in model graph: ", signature));
    Result<Wanted> each = read_task(model, task);
    if (!each) return std::unexpected{std::move(each).error()};
    wanted.push_back(*std::move(each));
  }
  return wanted;
}

/// The answers to the tasks, and what they borrow.
class MultiInferenceResults {
 public:
  MultiInferenceResults(const std::vector<Wanted>& wanted, std::int64_t version,
                        const models::Tensors& outputs, const models::Labels& labels) {
    for (const Wanted& each : wanted) {
      const ModelSpecView spec = each.task.model_spec();
      const AnsweredBy& model = models_.emplace_back(spec.name(), version, or_default(spec.signature_name()));
      InferenceResultFields& result = results_.emplace_back();
      result.model_spec = &model.spec();
      if (each.classifies) {
        result.classification_result = &classified_.emplace_back(outputs[each.output], labels).fields();
      } else {
        result.regression_result = &regressed_.emplace_back(outputs[each.output]).fields();
      }
    }
  }

  const std::vector<InferenceResultFields>& fields() const { return results_; }

 private:
  std::deque<AnsweredBy> models_;
  std::deque<ClassifiedRows> classified_;
  std::deque<RegressedRows> regressed_;
  std::vector<InferenceResultFields> results_;
};

Status check_metadata_fields(const GetModelMetadataRequestView& request) {
  if (request.metadata_field().empty())
    return invalid("GetModelMetadataRequest must specify at least one metadata_field").error();
  for (const std::string_view field : request.metadata_field()) {
    if (field != "signature_def")
      return invalid(concat("Metadata field ", field, " is not supported")).error();
  }
  return {};
}

}  // namespace

Task<Result<Written<PredictResponseFields>>> PredictionServiceHandler::Predict(
    ServerCall& call, Incoming<PredictRequestView> request) {
  Result<models::ModelHandle> model = find(repository_, *request);
  if (!model) co_return cut(model.error());
  const std::int64_t version = model->version();
  Result<Asked> asked = read(*model, *request);
  if (!asked) co_return cut(asked.error());
  const std::string_view signature = asked->signature.name;
  Task<Result<models::Tensors>> running = predict(call, repository_, scheduler_, *std::move(model),
                                                  std::move(asked->signature), std::move(asked->inputs));
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return cut(outputs.error());
  const AnsweredBy answered{request->model_spec().name(), version, signature};
  const PredictResponse response{*request, answered, *outputs};
  co_return response.fields();
}

Task<Result<Written<ClassificationResponseFields>>> PredictionServiceHandler::Classify(
    ServerCall& call, Incoming<ClassificationRequestView> request) {
  Result<models::ModelHandle> model = find(repository_, *request);
  if (!model) co_return cut(model.error());
  const ModelSpecView spec = request->model_spec();
  const Result<std::size_t> output = classify_output(*model, spec.signature_name());
  if (!output) co_return cut(output.error());
  const models::Labels labels = model->labels();
  const AnsweredBy answered{spec.name(), model->version(), or_default(spec.signature_name())};
  Task<Result<models::Tensors>> running = run_input(call, scheduler_, *std::move(model), request->input());
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return cut(outputs.error());
  const ClassifiedRows rows{(*outputs)[*output], labels};
  co_return ClassificationResponseFields{.model_spec = &answered.spec(), .result = &rows.fields()};
}

Task<Result<Written<RegressionResponseFields>>> PredictionServiceHandler::Regress(
    ServerCall& call, Incoming<RegressionRequestView> request) {
  Result<models::ModelHandle> model = find(repository_, *request);
  if (!model) co_return cut(model.error());
  const ModelSpecView spec = request->model_spec();
  const Result<std::size_t> output = regress_output(*model, spec.signature_name());
  if (!output) co_return cut(output.error());
  const AnsweredBy answered{spec.name(), model->version(), or_default(spec.signature_name())};
  Task<Result<models::Tensors>> running = run_input(call, scheduler_, *std::move(model), request->input());
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return cut(outputs.error());
  const RegressedRows rows{(*outputs)[*output]};
  co_return RegressionResponseFields{.model_spec = &answered.spec(), .result = &rows.fields()};
}

Task<Result<Written<MultiInferenceResponseFields>>> PredictionServiceHandler::MultiInference(
    ServerCall& call, Incoming<MultiInferenceRequestView> request) {
  if (request->tasks().empty()) co_return MultiInferenceResponseFields{};
  const InferenceTaskView first = *request->tasks().begin();
  Result<models::ModelHandle> model = find(repository_, first);
  if (!model) co_return cut(model.error());
  const Result<std::vector<Wanted>> wanted = read_tasks(*model, *request);
  if (!wanted) co_return cut(wanted.error());
  const std::int64_t version = model->version();
  const models::Labels labels = model->labels();
  Task<Result<models::Tensors>> running = run_input(call, scheduler_, *std::move(model), request->input());
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return cut(outputs.error());
  const MultiInferenceResults results{*wanted, version, *outputs, labels};
  co_return MultiInferenceResponseFields{.results = results.fields()};
}

Task<Result<Written<GetModelMetadataResponseFields>>> PredictionServiceHandler::GetModelMetadata(
    ServerCall&, Incoming<GetModelMetadataRequestView> request) {
  if (!request->has_model_spec()) co_return cut(invalid("Missing ModelSpec").error());
  if (Status status = check_metadata_fields(*request); !status.ok()) co_return cut(status);
  const Result<models::ModelHandle> model = find(repository_, *request);
  if (!model) co_return cut(model.error());
  const std::string defs = signature_defs(*model).SerializeAsString();
  const ::google::protobuf::AnyFields any{
      .type_url = "type.googleapis.com/tensorflow.serving.SignatureDefMap", .value = defs};
  const std::array<GetModelMetadataResponseFields::MetadataEntry, 1> metadata{
      {{.key = "signature_def", .value = &any}}};
  const AnsweredBy answered{model->model(), model->version(), {}};
  co_return GetModelMetadataResponseFields{.model_spec = &answered.spec(), .metadata = metadata};
}

}  // namespace parlance::dialects::tfserving
