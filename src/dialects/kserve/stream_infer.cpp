#include "dialects/kserve/stream_infer.h"

#include <string>
#include <utility>
#include <vector>

#include "dialects/kserve/find_model.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_request.h"
#include "dialects/kserve/text_answer.h"
#include "scheduling/errors.h"

namespace parlance::dialects::kserve {
namespace {

using namespace ::inference;

bool wants_empty_final(const ModelInferRequestView& request) {
  const auto asked = request.parameters().find("triton_enable_empty_final_response");
  return asked && asked->bool_param();
}

}  // namespace

StreamInfer::StreamInfer(ServerCall& call, const models::Repository& repository,
                         scheduling::Scheduler& scheduler, const SharedMemory& memory, Out& out)
    : call_(call),
      repository_(repository),
      scheduler_(scheduler),
      memory_(memory),
      out_(out),
      failure_ends_call_(call.request_metadata().get("triton_grpc_error") == "true") {}

Task<void> StreamInfer::write(const ModelStreamInferResponseFields& response) {
  co_await turns_.next();
  const bool is_read = co_await out_.write(response);
  if (!is_read && status_.ok()) status_ = scheduling::caller_left();
  turns_.done();
}

Task<void> StreamInfer::answer(Request request, TimePoint received) {
  const Result<const ModelInferRequestView*> parsed = request.parse();
  if (!parsed) {
    status_ = parsed.error();
    co_return;
  }
  Task<Status> inferring = infer(**parsed, received);
  const Status failed = co_await std::move(inferring);
  if (failed.ok()) co_return;
  if (failure_ends_call_) {
    if (status_.ok()) status_ = failed;
    co_return;
  }
  const ModelInferResponseFields about{.model_name = (*parsed)->model_name(), .id = (*parsed)->id()};
  const ModelStreamInferResponseFields response{.error_message = failed.message(), .infer_response = &about};
  Task<void> writing = write(response);
  co_await std::move(writing);
}

Task<Status> StreamInfer::infer(const ModelInferRequestView& request, TimePoint received) {
  Result<models::ModelHandle> model = find_model(repository_, request.model_name(), request.model_version());
  if (!model) co_return model.error();
  const bool is_text = model->makes_text();
  const bool has_parts = !is_text && model->engine().streams();
  Task<Status> inferring = is_text     ? infer_text(request, *std::move(model), received)
                           : has_parts ? infer_parts(request, *std::move(model), received)
                                       : infer_tensors(request, *std::move(model), received);
  co_return co_await std::move(inferring);
}

Task<Status> StreamInfer::infer_tensors(const ModelInferRequestView& request, models::ModelHandle model,
                                        TimePoint received) {
  Result<PreparedInference> prepared = to_inference(std::move(model), request, memory_, received, call_);
  if (!prepared) co_return prepared.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler_.infer(call_, prepared->inference);
  const Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  InferResponse answer{request, prepared->outputs, prepared->answer(result->outputs)};
  if (!answer.status().ok()) co_return answer.status();
  answer.set_final();
  const ModelStreamInferResponseFields response{.infer_response = &answer.fields()};
  Task<void> writing = write(response);
  co_await std::move(writing);
  co_return Status{};
}

// Which part is the last is known when it has gone: as of Triton's decoupled models, an answer of its own
// says so to whoever asks for that.
Task<Status> StreamInfer::infer_parts(const ModelInferRequestView& request, models::ModelHandle model,
                                      TimePoint received) {
  Result<PreparedInference> prepared = to_inference(std::move(model), request, memory_, received, call_);
  if (!prepared) co_return prepared.error();
  auto parts = scheduler_.infer_stream(call_, prepared->inference);
  if (!parts) co_return parts.error();
  Status bad;
  while (auto part = co_await (*parts)->next()) {
    const InferResponse answer{request, prepared->outputs, prepared->answer(*part)};
    bad = answer.status();
    if (!bad.ok()) break;
    const ModelStreamInferResponseFields response{.infer_response = &answer.fields()};
    Task<void> writing = write(response);
    co_await std::move(writing);
    if (!status_.ok()) break;
  }
  co_await (*parts)->end();
  if (!bad.ok()) co_return bad;
  if (!status_.ok() || !(*parts)->status().ok()) co_return (*parts)->status();
  if (!wants_empty_final(request)) co_return Status{};
  const models::Tensors nothing;
  const std::vector<WantedOutput> all;
  InferResponse end{request, all, prepared->answer(nothing)};
  end.set_final();
  const ModelStreamInferResponseFields response{.infer_response = &end.fields()};
  Task<void> writing = write(response);
  co_await std::move(writing);
  co_return Status{};
}

Task<Status> StreamInfer::infer_text(const ModelInferRequestView& request, models::ModelHandle model,
                                     TimePoint received) {
  Result<text::GenerateRequest> wanted = to_generation(std::move(model), request, memory_, received, call_);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Generation>> beginning = text::generate(call_, *std::move(wanted));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  const bool empty_final = wants_empty_final(request);
  while (auto piece = co_await generation->next()) {
    if (!piece->status.ok()) co_return piece->status;
    const bool ends = piece->finish.has_value();
    if (piece->text.empty() && !ends) continue;
    for (const bool is_final : {false, true}) {
      // The end comes with the last piece, or behind it.
      if (is_final ? !ends : ends && !empty_final) continue;
      const bool has_text = !is_final || !empty_final;
      const TextAnswer answer{request,
                              request.model_name(),
                              generation->model().version(),
                              {.text = piece->text,
                               .has_text = has_text,
                               .is_final = is_final,
                               .finish = is_final ? piece->finish : std::nullopt}};
      const ModelStreamInferResponseFields response{.infer_response = &answer.fields()};
      Task<void> writing = write(response);
      co_await std::move(writing);
      if (!status_.ok()) co_return Status{};
    }
  }
  co_return Status{};
}

}  // namespace parlance::dialects::kserve
