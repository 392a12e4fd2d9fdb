#include "dialects/torchserve/service.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/next_turn.h"
#include "dialects/stream_sequence.h"
#include "dialects/torchserve/asked.h"
#include "dialects/torchserve/body.h"
#include "dialects/torchserve/exceptions.h"
#include "dialects/torchserve/prediction_json.h"
#include "dialects/torchserve/tensor_input.h"
#include "dialects/torchserve/text_input.h"
#include "rpc/offload.h"
#include "scheduling/errors.h"
#include "text/embedding.h"
#include "text/embedding_layout.h"

namespace parlance::dialects::torchserve {
namespace {

using Request = InferenceApisHandler::Request;
using Response = InferenceApisHandler::Response;
using Out = Writer<Response>;
using Sequences = std::map<std::string, StreamSequence, std::less<>>;

/// Sequences that one stream may have: as many as a model has open at once, as a rule.
constexpr std::size_t kMostSequences = 1024;

/// Inputs up to so many bytes are read on the call's loop, in some tenths of a millisecond; a worker reads
/// longer ones.
constexpr std::size_t kReadOnLoopBytes = std::size_t{64} << 10;

bool has_state(const models::ModelHandle& model) { return !model.config().sequence.states.empty(); }

/// As TorchServe counts: a required model that was taken out of service by hand is not missed.
bool is_healthy(const models::Repository& repository) {
  if (repository.ready()) return true;
  const std::vector<models::VersionStatus> versions = repository.versions();
  const auto is_missed = [&](const std::string& model) {
    if (repository.ready(model)) return false;
    const auto is_its = [&](const models::VersionStatus& each) { return each.model == model; };
    const auto is_taken_out = [&](const models::VersionStatus& each) {
      return !is_its(each) || each.state == models::VersionState::kUnloaded ||
             each.state == models::VersionState::kDraining;
    };
    return std::ranges::none_of(versions, is_its) || !std::ranges::all_of(versions, is_taken_out);
  };
  const std::vector<std::string> required = repository.required();
  return !required.empty() && std::ranges::none_of(required, is_missed);
}

Response response_to(const Request& request) {
  Response response;
  if (request.has_sequence_id()) response.set_sequence_id(request.sequence_id());
  return response;
}

Response failure_of(const Request& request, const Status& status) {
  Response response = response_to(request);
  google::rpc::Status& told = *response.mutable_status();
  told.set_code(static_cast<int>(status.code()));
  told.set_message(std::string{status.message()});
  for (const StatusDetail& detail : status.details()) {
    google::protobuf::Any& any = *told.add_details();
    any.set_type_url(detail.type_url);
    any.set_value(detail.value);
  }
  return response;
}

Result<TensorInput> read_input(const Asked& asked) {
  if (takes_body(asked.model.signature())) return to_body(asked.model.signature(), asked.input);
  if (asked.model.transform() == nullptr) return to_tensors(asked.model.signature(), asked.input);
  Result<models::Tensor> tensor = asked.model.transform()->apply(as_bytes(asked.input));
  if (!tensor) return std::unexpected{std::move(tensor).error()};
  TensorInput input{.is_one_row = true};
  input.tensors.push_back(*std::move(tensor));
  return input;
}

Task<Result<TensorInput>> to_input(scheduling::Scheduler& scheduler, const Asked& asked) {
  if (asked.input.size() <= kReadOnLoopBytes) co_return read_input(asked);
  auto work = [&] { return read_input(asked); };
  co_return co_await offload(scheduler.workers(), work);
}

struct Prepared {
  scheduling::InferenceRequest inference;
  bool is_one_row;

  Result<std::string> prediction_of(const models::Tensors& outputs) const {
    if (std::optional<std::string> body = body_of(inference.model.signature(), outputs))
      return *std::move(body);
    return to_json(outputs, inference.model.labels(), is_one_row);
  }
};

Task<Result<Prepared>> prepare(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked) {
  Task<Result<TensorInput>> reading = to_input(scheduler, asked);
  Result<TensorInput> input = co_await std::move(reading);
  if (!input) co_return input.error();
  Result<models::Tensors> bound = models::bind_inputs(asked.model.signature(), std::move(input->tensors));
  if (!bound) co_return bound.error();
  co_return Prepared{
      {.model = std::move(asked.model), .inputs = *std::move(bound), .deadline = call.deadline()},
      input->is_one_row};
}

Task<Result<std::string>> run(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked,
                              StreamSequence* sequence) {
  Task<Result<Prepared>> preparing = prepare(call, scheduler, std::move(asked));
  Result<Prepared> prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  if (sequence != nullptr) sequence->add(prepared->inference);
  Task<Result<scheduling::InferenceResult>> running = scheduler.infer(call, prepared->inference);
  const Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  co_return prepared->prediction_of(result->outputs);
}

/// A prediction for each part that the model gives.
Task<Status> stream_run(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked,
                        const Request& request, Out& out) {
  Task<Result<Prepared>> preparing = prepare(call, scheduler, std::move(asked));
  Result<Prepared> prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  Result<std::unique_ptr<scheduling::TensorStream>> parts = scheduler.infer_stream(call, prepared->inference);
  if (!parts) co_return parts.error();
  Status status;
  while (auto part = co_await (*parts)->next()) {
    Result<std::string> prediction = prepared->prediction_of(*part);
    if (!prediction) {
      status = prediction.error();
      break;
    }
    Response response = response_to(request);
    response.set_prediction(*std::move(prediction));
    if (!co_await out.write(response)) break;
  }
  co_await (*parts)->end();
  co_return status.ok() ? (*parts)->status() : status;
}

Task<Result<std::string>> embed(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked) {
  Result<text::EmbedRequest> wanted = to_embed_request(std::move(asked.model), asked.input);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Embedding>> running = text::embed(call, scheduler, *std::move(wanted));
  const Result<text::Embedding> embedding = co_await std::move(running);
  if (!embedding) co_return embedding.error();
  co_return to_json(embedding->values);
}

/// Of a model that makes no text.
Task<Result<std::string>> predict(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked,
                                  StreamSequence* sequence) {
  const bool embeds = text::embedding_layout(asked.model).has_value();
  return embeds ? embed(call, scheduler, std::move(asked)) : run(call, scheduler, std::move(asked), sequence);
}

Task<Result<text::Generation>> begin_text(ServerCall& call, Asked asked) {
  Result<text::GenerateRequest> wanted = to_generate_request(std::move(asked.model), asked.input);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Generation>> beginning = text::generate(call, *std::move(wanted));
  co_return co_await std::move(beginning);
}

Task<Result<std::string>> whole_text(ServerCall& call, Asked asked) {
  Task<Result<text::Generation>> beginning = begin_text(call, std::move(asked));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  std::string text;
  Status status;
  while (auto piece = co_await generation->next()) {
    text += piece->text;
    status = piece->status;
  }
  if (!status.ok()) co_return status;
  co_return text;
}

Task<Status> stream_text(ServerCall& call, Asked asked, const Request& request, Out& out) {
  Task<Result<text::Generation>> beginning = begin_text(call, std::move(asked));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  Response response = response_to(request);
  Status status;
  while (auto piece = co_await generation->next()) {
    status = piece->status;
    if (piece->text.empty()) continue;
    response.set_prediction(std::move(piece->text));
    if (!co_await out.write(response)) break;
  }
  co_return status;
}

Task<Status> answer(ServerCall& call, scheduling::Scheduler& scheduler, Asked asked, const Request& request,
                    StreamSequence* sequence, Out& out) {
  if (asked.model.makes_text()) {
    Task<Status> streaming = stream_text(call, std::move(asked), request, out);
    co_return co_await std::move(streaming);
  }
  if (asked.model.engine().streams() && sequence == nullptr) {
    Task<Status> streaming = stream_run(call, scheduler, std::move(asked), request, out);
    co_return co_await std::move(streaming);
  }
  Task<Result<std::string>> predicting = predict(call, scheduler, std::move(asked), sequence);
  Result<std::string> prediction = co_await std::move(predicting);
  if (!prediction) co_return prediction.error();
  Response response = response_to(request);
  response.set_prediction(*std::move(prediction));
  (void)co_await out.write(response);
  co_return Status{};
}

/// A request that no stream holds together with others is no step of a sequence.
Result<Asked> read_alone(const models::Repository& repository, const Request& request) {
  Result<Asked> asked = read_request(repository, request);
  if (asked && request.has_sequence_id() && has_state(asked->model))
    return invalid(concat("sequence_id of model \"", asked->model.model(),
                          "\", which keeps a state, needs StreamPredictions2"));
  return asked;
}

/// One request of StreamPredictions2. A sequence that cannot begin is none.
Task<Status> answer_step(ServerCall& call, const models::Repository& repository,
                         scheduling::Scheduler& scheduler, const Request& request, Sequences& sequences,
                         Out& out) {
  Result<Asked> asked = read_request(repository, request);
  if (!asked) co_return asked.error();
  if (!has_state(asked->model)) {
    Task<Status> answering = answer(call, scheduler, *std::move(asked), request, nullptr, out);
    co_return co_await std::move(answering);
  }
  if (sequences.size() >= kMostSequences && !sequences.contains(request.sequence_id()))
    co_return scheduling::too_many_sequences(asked->model.model(), kMostSequences);
  const auto [sequence, is_new] = sequences.try_emplace(request.sequence_id(), scheduler);
  Task<Status> answering = answer(call, scheduler, *std::move(asked), request, &sequence->second, out);
  const Status status = co_await std::move(answering);
  if (!status.ok() && is_new) sequences.erase(sequence);
  co_return status;
}

}  // namespace

Status InferenceApisHandler::told(Status status, const Request& request) const {
  if (!options_.own_statuses || status.ok()) return status;
  return own_status(status, request.model_name(), request.model_version());
}

Task<Result<InferenceApisHandler::Health>> InferenceApisHandler::Ping(ServerCall&,
                                                                      Incoming<google::protobuf::Empty>) {
  Health health;
  health.set_health(
      concat("{\n  \"status\": \"", is_healthy(repository_) ? "Healthy" : "Unhealthy", "\"\n}"));
  co_return health;
}

Task<Result<Response>> InferenceApisHandler::Predictions(ServerCall& call, Incoming<Request> request) {
  Task<Result<Response>> predicting = predictions(call, *request);
  Result<Response> response = co_await std::move(predicting);
  if (!response) co_return told(response.error(), *request);
  co_return response;
}

Task<Result<Response>> InferenceApisHandler::predictions(ServerCall& call, const Request& request) {
  Result<Asked> asked = read_alone(repository_, request);
  if (!asked) co_return asked.error();
  const bool makes_text = asked->model.makes_text();
  Task<Result<std::string>> predicting = makes_text ? whole_text(call, *std::move(asked))
                                                    : predict(call, scheduler_, *std::move(asked), nullptr);
  Result<std::string> prediction = co_await std::move(predicting);
  if (!prediction) co_return prediction.error();
  Response response = response_to(request);
  response.set_prediction(*std::move(prediction));
  co_return response;
}

Task<Status> InferenceApisHandler::StreamPredictions(ServerCall& call, Incoming<Request> request, Out& out) {
  Result<Asked> asked = read_alone(repository_, *request);
  if (!asked) co_return told(asked.error(), *request);
  Task<Status> answering = answer(call, scheduler_, *std::move(asked), *request, nullptr, out);
  Status status = co_await std::move(answering);
  co_return told(std::move(status), *request);
}

Task<Status> InferenceApisHandler::StreamPredictions2(ServerCall& call, Reader<Request>& in, Out& out) {
  Sequences sequences;
  std::size_t count = 0;
  while (auto request = co_await in.read()) {
    Task<Status> answering = answer_step(call, repository_, scheduler_, **request, sequences, out);
    const Status status = co_await std::move(answering);
    if (call.cancelled()) co_return status;
    if (!status.ok()) {
      const Response failure = failure_of(**request, told(status, **request));
      if (!co_await out.write(failure)) break;
    }
    if (++count % kRunsPerTurn == 0) co_await NextTurn{call.loop()};
  }
  co_return Status{};
}

}  // namespace parlance::dialects::torchserve
