#include "dialects/tfserving/predict.h"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/running_tasks.h"
#include "dialects/tfserving/errors.h"
#include "dialects/tfserving/run_examples.h"
#include "dialects/tfserving/run_model.h"
#include "models/byte_elements.h"
#include "net/random.h"
#include "text/embedding.h"
#include "text/generate.h"

namespace parlance::dialects::tfserving {
namespace {

using models::Tensors;

/// One of several texts that a model makes at the same time.
struct Made {
  std::string text;
  Status status;
};

Task<void> make_text(ServerCall& call, text::GenerateRequest request, Made& made) {
  Task<Result<text::Generation>> beginning = text::generate(call, std::move(request));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) {
    made.status = generation.error();
    co_return;
  }
  while (auto piece = co_await generation->next()) {
    made.text += piece->text;
    made.status = piece->status;
  }
}

/// A handle of the same version for each text.
Result<std::vector<models::ModelHandle>> handles(const models::Repository& repository,
                                                 models::ModelHandle first, std::size_t count) {
  std::vector<models::ModelHandle> all;
  for (std::size_t i = 1; i < count; ++i) {
    Result<models::ModelHandle> next = repository.find(first.model(), first.version());
    if (!next) return std::unexpected{std::move(next).error()};
    all.push_back(*std::move(next));
  }
  if (count > 0) all.push_back(std::move(first));
  return all;
}

Task<Result<Tensors>> make_texts(ServerCall& call, std::vector<models::ModelHandle> models,
                                 const models::Tensor& input, std::string output) {
  const std::vector<std::string_view> prompts = models::split_elements(input.bytes());
  std::deque<Made> made(prompts.size());
  RunningTasks tasks;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    text::GenerateRequest request{.model = std::move(models[i]),
                                  .prompt = std::string{prompts[i]},
                                  .max_tokens = text::kModelsMaxTokens,
                                  .sampling = {.temperature = 0, .seed = net::thread_random()()}};
    tasks.start(make_text(call, std::move(request), made[i]));
  }
  co_await tasks.fewer_than(1);
  tasks.rethrow();
  std::string elements;
  for (const Made& each : made) {
    if (!each.status.ok()) co_return each.status;
    models::append_element(elements, each.text);
  }
  Tensors outputs;
  outputs.push_back(models::Tensor::owning(std::move(output), models::DataType::kBytes, input.shape(),
                                           Buffer::copy_of(as_bytes(elements))));
  co_return outputs;
}

Result<Tensors> to_outputs(const std::vector<text::Embedding>& embeddings, const models::Tensor& input,
                           std::string output) {
  models::Shape shape = input.shape();
  shape.push_back(static_cast<std::int64_t>(embeddings.empty() ? 0 : embeddings[0].values.size()));
  std::vector<float> values;
  for (const text::Embedding& each : embeddings)
    values.insert(values.end(), each.values.begin(), each.values.end());
  Tensors outputs;
  outputs.push_back(models::Tensor::owning(std::move(output), models::DataType::kFp32, std::move(shape),
                                           Buffer::copy_of(std::as_bytes(std::span{values}))));
  return outputs;
}

Task<Result<Tensors>> embed_texts(ServerCall& call, scheduling::Scheduler& scheduler,
                                  std::vector<models::ModelHandle> models, const models::Tensor& input,
                                  std::string output) {
  const std::vector<std::string_view> texts = models::split_elements(input.bytes());
  std::vector<text::EmbedRequest> wanted;
  for (std::size_t i = 0; i < texts.size(); ++i)
    wanted.push_back({.model = std::move(models[i]), .text = std::string{texts[i]}});
  Task<text::Embeddings> running = text::embed_all(call, scheduler, std::move(wanted));
  const text::Embeddings made = co_await std::move(running);
  if (!made.status.ok()) co_return made.status;
  co_return to_outputs(made.all, input, std::move(output));
}

}  // namespace

Task<Result<Tensors>> predict(ServerCall& call, const models::Repository& repository,
                              scheduling::Scheduler& scheduler, models::ModelHandle model,
                              ServedSignature signature, Tensors inputs) {
  if (signature.kind == SignatureKind::kTensors) {
    Task<Result<Tensors>> running = run_model(call, scheduler, std::move(model), std::move(inputs));
    co_return co_await std::move(running);
  }
  if (signature.kind == SignatureKind::kClassify || signature.kind == SignatureKind::kRegress) {
    Task<Result<Tensors>> running =
        run_serialized_examples(call, scheduler, std::move(model), signature.kind, inputs[0]);
    co_return co_await std::move(running);
  }
  const std::size_t texts = models::count_elements(inputs[0].bytes()).value_or(0);
  if (Status status = check_count("texts", texts, kMostTexts); !status.ok()) co_return status;
  Result<std::vector<models::ModelHandle>> models = handles(repository, std::move(model), texts);
  if (!models) co_return models.error();
  std::string output = signature.tensors.outputs[0].name;
  Task<Result<Tensors>> running =
      signature.kind == SignatureKind::kTexts
          ? make_texts(call, *std::move(models), inputs[0], std::move(output))
          : embed_texts(call, scheduler, *std::move(models), inputs[0], std::move(output));
  co_return co_await std::move(running);
}

}  // namespace parlance::dialects::tfserving
