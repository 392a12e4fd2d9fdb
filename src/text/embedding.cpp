#include "text/embedding.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "models/tokenizer.h"
#include "text/embedding_layout.h"
#include "text/encode.h"
#include "text/token_row.h"

namespace parlance::text {
namespace {

using generation::Token;

/// Longer rows are run alone: on a processor the matrices of one are large enough, so that a run of several
/// takes as much longer as it has texts, and who came first would wait for all (bench/serving/embeddings.py).
constexpr std::size_t kMostSharedTokens = 64;

/// A request on its way: what the scheduler is given, and what its answer will say.
struct Prepared {
  scheduling::InferenceRequest inference;
  std::size_t output = 0;
  bool normalize = false;
  Embedding embedding;  // without its values
};

std::unexpected<Status> refused(std::string why) {
  return std::unexpected{
      grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT", std::move(why), {{"hop", "server"}})};
}

/// The tokens of a caller, as they are.
Result<std::vector<Token>> checked(std::vector<Token> tokens, std::size_t vocabulary) {
  const auto unknown = std::ranges::find_if(tokens, [vocabulary](Token token) {
    return token < 0 || (vocabulary > 0 && static_cast<std::size_t>(token) >= vocabulary);
  });
  if (unknown == tokens.end()) return tokens;
  return refused(concat("there is no token ", *unknown, ": the model has ", vocabulary));
}

Task<Result<std::vector<Token>>> tokens_of(net::ThreadPool& pool, const models::Tokenizer& tokenizer,
                                           EmbeddedText& text) {
  if (auto* const given = std::get_if<std::vector<Token>>(&text))
    co_return checked(std::move(*given), tokenizer.vocabulary());
  Task<Result<std::vector<Token>>> encoding = encode(pool, tokenizer, std::get<std::string>(text));
  co_return co_await std::move(encoding);
}

/// `request` outlives the task, and what comes of it borrows its client.
Task<Result<Prepared>> prepare(net::ThreadPool& pool, EmbedRequest& request) {
  const Result<EmbeddingLayout> layout = embedding_layout(request.model);
  if (!layout) co_return layout.error();
  const models::Tokenizer& tokenizer = *request.model.tokenizer();
  Task<Result<std::vector<Token>>> encoding = tokens_of(pool, tokenizer, request.text);
  Result<std::vector<Token>> tokens = co_await std::move(encoding);
  if (!tokens) co_return tokens.error();
  if (tokens->empty()) co_return refused("the text has no tokens").error();
  const TokenRow row = fit(*std::move(tokens), tokenizer.special_tokens(), layout->config);
  Embedding embedding{.tokens = row.tokens.size(), .truncated = row.truncated};
  embedding.version = request.model.version();
  models::Tensors inputs = to_inputs(*layout, request.model.signature(), row);
  co_return Prepared{.inference = {.model = std::move(request.model),
                                   .inputs = std::move(inputs),
                                   .deadline = request.deadline,
                                   .priority = request.priority,
                                   .client = request.client,
                                   .may_batch = row.length <= kMostSharedTokens},
                     .output = layout->output,
                     .normalize = request.normalize,
                     .embedding = std::move(embedding)};
}

void scale_to_one(std::span<float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : values) value = static_cast<float>(value * scale);
}

Embedding finish(Prepared prepared, const scheduling::InferenceResult& result) {
  Embedding embedding = std::move(prepared.embedding);
  const std::span<const float> values = result.outputs[prepared.output].as<float>();
  embedding.values.assign(values.begin(), values.end());
  if (prepared.normalize) scale_to_one(embedding.values);
  embedding.computed = result.computed;
  embedding.batch_rows = result.batch_rows;
  return embedding;
}

}  // namespace

Task<Result<Embedding>> embed(ServerCall& call, scheduling::Scheduler& scheduler, EmbedRequest request) {
  Task<Result<Prepared>> preparing = prepare(scheduler.workers(), request);
  Result<Prepared> prepared = co_await std::move(preparing);
  if (!prepared) co_return prepared.error();
  Task<Result<scheduling::InferenceResult>> running = scheduler.infer(call, prepared->inference);
  const Result<scheduling::InferenceResult> result = co_await std::move(running);
  if (!result) co_return result.error();
  co_return finish(*std::move(prepared), *result);
}

Task<Embeddings> embed_all(ServerCall& call, scheduling::Scheduler& scheduler,
                           std::vector<EmbedRequest> requests) {
  std::vector<Prepared> prepared;
  prepared.reserve(requests.size());
  for (EmbedRequest& request : requests) {
    Task<Result<Prepared>> preparing = prepare(scheduler.workers(), request);
    Result<Prepared> one = co_await std::move(preparing);
    if (!one) co_return Embeddings{.failed = prepared.size(), .status = one.error()};
    prepared.push_back(*std::move(one));
  }
  std::vector<scheduling::InferenceRequest*> inferences;
  for (Prepared& each : prepared) inferences.push_back(&each.inference);
  Task<scheduling::BatchResult> running = scheduler.infer_all(call, inferences);
  scheduling::BatchResult batch = co_await std::move(running);
  Embeddings embeddings{.failed = batch.failed, .status = std::move(batch.status)};
  for (std::size_t i = 0; i < batch.results.size(); ++i)
    embeddings.all.push_back(finish(std::move(prepared[i]), batch.results[i]));
  co_return embeddings;
}

}  // namespace parlance::text
