#include "text/generate.h"

#include <algorithm>
#include <deque>
#include <span>
#include <utility>

#include "base/concat.h"
#include "generation/stop_matcher.h"
#include "grpc/error_details.h"
#include "interceptors/client_of.h"
#include "models/grammar/grammars.h"
#include "rpc/offload.h"
#include "scheduling/generation/generation_loop.h"
#include "scheduling/version_work.h"
#include "scheduling/waiting.h"
#include "text/encode.h"
#include "text/text_sequence.h"

namespace parlance::text {

/// The sequences are told of cancelled calls, and so stay where they are.
struct Generation::State {
  explicit State(models::ModelHandle pinned) : model(std::move(pinned)) {}

  TextSequence* ready() {
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      TextSequence& each = sequences[(turn + i) % sequences.size()];
      if (!each.is_ready()) continue;
      turn = (turn + i + 1) % sequences.size();
      return &each;
    }
    return nullptr;
  }
  bool is_over() const { return std::ranges::all_of(sequences, &TextSequence::is_over); }

  const models::ModelHandle model;  // after the sequences go
  std::size_t prompt_tokens = 0;
  std::size_t turn = 0;  // whose piece is next if all have one
  std::deque<TextSequence> sequences;
};

namespace {

using generation::Token;

std::unexpected<Status> invalid(const models::ModelHandle& model, const std::string& problem,
                                const char* knob) {
  return std::unexpected{grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                                          concat("Model \"", model.model(), "\": ", problem),
                                          {{"hop", "server"}, {"knob", knob}})};
}

std::unexpected<Status> makes_no_text(const models::ModelHandle& model) {
  return std::unexpected{grpc::make_error(
      StatusCode::kUnimplemented, "MODEL_CANNOT",
      concat("Model \"", model.model(), "\" cannot generate text: it has no tokenizer and no decoder"),
      {{"hop", "server"}})};
}

Result<void> check(const GenerateRequest& request) {
  if (!request.model.makes_text()) return makes_no_text(request.model);
  if (request.n == 0 || request.n > kMostSequences)
    return invalid(request.model, concat("n must be 1 to ", kMostSequences, ", got ", request.n), "n");
  if (request.format && request.ignore_end)
    return invalid(request.model, "a text that is held to a format cannot ignore its end", "ignore_eos");
  if (const auto problem = generation::problem_of_stop_strings(request.stop))
    return invalid(request.model, *problem, "stop");
  return {};
}

std::size_t special_tokens_in(const models::Tokenizer& tokenizer, std::span<const Token> tokens) {
  const auto special = tokenizer.special_tokens();
  return static_cast<std::size_t>(
      std::ranges::count_if(tokens, [&](Token token) { return std::ranges::binary_search(special, token); }));
}

/// More of them than the borders of every text have.
Result<bool> has_special_tokens(const models::Tokenizer& tokenizer, std::span<const Token> tokens) {
  const std::size_t found = special_tokens_in(tokenizer, tokens);
  if (found == 0) return false;
  const Result<std::vector<Token>> borders = tokenizer.encode("");
  if (!borders) return std::unexpected{borders.error()};
  return found > special_tokens_in(tokenizer, *borders);
}

Task<Result<std::vector<Token>>> tokens_of(GenerateRequest& request) {
  if (auto* given = std::get_if<std::vector<Token>>(&request.prompt)) co_return std::move(*given);
  const models::Tokenizer& tokenizer = *request.model.tokenizer();
  Task<Result<std::vector<Token>>> encoding =
      encode(scheduling::work_of(request.model).workers(), tokenizer, std::get<std::string>(request.prompt));
  Result<std::vector<Token>> tokens = co_await std::move(encoding);
  if (!tokens || request.special_tokens == SpecialTokens::kTaken) co_return tokens;
  const Result<bool> special = has_special_tokens(tokenizer, *tokens);
  if (!special) co_return std::unexpected{special.error()};
  if (*special)
    co_return invalid(request.model, "the prompt spells out a special token, which only templates may",
                      "prompt");
  co_return tokens;
}

/// Null without a format.
Task<Result<models::Grammars::Grammar>> grammar_of(const GenerateRequest& request) {
  if (!request.format) co_return nullptr;
  scheduling::VersionWork& work = scheduling::work_of(request.model);
  models::Grammars& grammars = *work.grammars();
  if (models::Grammars::Grammar found = grammars.find(*request.format)) co_return found;
  auto compile = [&] { return grammars.compile(*request.format); };
  co_return co_await offload(work.workers(), compile);
}

scheduling::GenerationRequest sequence_of(const GenerateRequest& request, std::vector<Token> prompt,
                                          std::size_t context) {
  const std::uint32_t own = request.model.config().priority;
  const std::uint32_t priority = request.priority > 0 ? request.priority : own;
  scheduling::GenerationRequest sequence;
  // None left: one too many, so that it is refused with the numbers.
  const std::size_t left = prompt.size() < context ? context - prompt.size() : 1;
  const auto config = request.model.config().generation.value_or(models::GenerationConfig{});
  std::size_t most = request.max_tokens;
  if (most == 0) most = left;
  if (most == kModelsMaxTokens) most = std::min(left, config.max_tokens);
  sequence.sequence = {.prompt = std::move(prompt),
                       .max_tokens = most,
                       .priority = priority > 0 ? priority : scheduling::kLowestPriority,
                       .deadline = request.deadline,
                       .client = request.client};
  sequence.sampling = request.sampling;
  const std::optional<Token> end = request.model.tokenizer()->end_token();
  if (end && !request.ignore_end) sequence.end_tokens = {*end};
  return sequence;
}

/// With `request.deadline` and `request.client` as they are.
Task<Result<Generation>> begin(GenerateRequest request) {
  if (Result<void> good = check(request); !good) co_return std::unexpected{good.error()};
  Task<Result<std::vector<Token>>> encoding = tokens_of(request);
  Result<std::vector<Token>> tokens = co_await std::move(encoding);
  if (!tokens) co_return std::unexpected{std::move(tokens).error()};
  Task<Result<models::Grammars::Grammar>> compiling = grammar_of(request);
  Result<models::Grammars::Grammar> grammar = co_await std::move(compiling);
  if (!grammar) co_return std::unexpected{std::move(grammar).error()};
  scheduling::GenerationLoop& loop = *scheduling::work_of(request.model).generation();
  const std::size_t prompt_tokens = tokens->size();
  scheduling::GenerationRequest wanted =
      sequence_of(request, *std::move(tokens), loop.limits().planner.max_sequence_tokens);
  wanted.grammar = *std::move(grammar);
  auto streams = loop.start(std::move(wanted), request.n);
  if (!streams) co_return std::unexpected{std::move(streams).error()};
  auto state = std::make_unique<Generation::State>(std::move(request.model));
  state->prompt_tokens = prompt_tokens;
  for (unsigned i = 0; i < request.n; ++i)
    state->sequences.emplace_back(i, *state->model.tokenizer(), std::move((*streams)[i]), request.stop,
                                  request.include_stop);
  co_return Generation{std::move(state)};
}

}  // namespace

Generation::Generation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Generation::Generation(Generation&&) noexcept = default;
Generation& Generation::operator=(Generation&&) noexcept = default;
Generation::~Generation() = default;

bool Generation::Next::await_ready() const {
  return state.is_over() || std::ranges::any_of(state.sequences, &TextSequence::is_ready);
}

void Generation::Next::await_suspend(std::coroutine_handle<> reader) {
  for (TextSequence& each : state.sequences)
    if (!each.is_over()) each.wait(reader);
}

std::optional<TextPiece> Generation::Next::await_resume() {
  for (TextSequence& each : state.sequences) each.stop_waiting();
  while (TextSequence* const ready = state.ready())
    if (std::optional<TextPiece> piece = ready->take()) return piece;
  return std::nullopt;
}

void Generation::cancel() {
  for (TextSequence& each : state_->sequences) each.cancel();
}

std::size_t Generation::prompt_tokens() const { return state_->prompt_tokens; }

std::size_t Generation::made_tokens() const {
  std::size_t made = 0;
  for (const TextSequence& each : state_->sequences) made += each.made_tokens();
  return made;
}

const models::ModelHandle& Generation::model() const { return state_->model; }

Task<Result<Generation>> generate(ServerCall& call, GenerateRequest request) {
  request.deadline = earliest(request.deadline, call.deadline());
  Task<Result<Generation>> beginning = generate_beyond(call, std::move(request));
  Result<Generation> generation = co_await std::move(beginning);
  if (generation) generation->cancel_with(call);
  co_return generation;
}

Task<Result<Generation>> generate_beyond(ServerCall& call, GenerateRequest request) {
  if (request.client.empty()) request.client = interceptors::client_of(call);
  Task<Result<Generation>> beginning = begin(std::move(request));
  Result<Generation> generation = co_await std::move(beginning);
  if (!generation) {
    if (const auto retry = grpc::find_detail<grpc::RetryInfo>(generation.error()))
      call.set_retry_pushback(std::chrono::ceil<std::chrono::milliseconds>(retry->retry_delay));
  }
  co_return generation;
}

void Generation::cancel_with(ServerCall& call) {
  for (TextSequence& each : state_->sequences) each.cancel_with(call);
  on_given_up([&call](const Status& why) { call.abort(why); });
}

void Generation::on_given_up(const std::function<void(const Status&)>& tell) {
  for (TextSequence& each : state_->sequences) each.on_given_up(tell);
}

Result<bool> spells_special_token(const models::Tokenizer& tokenizer, std::string_view text) {
  const Result<std::vector<Token>> tokens = tokenizer.encode(text);
  if (!tokens) return std::unexpected{tokens.error()};
  return has_special_tokens(tokenizer, *tokens);
}

}  // namespace parlance::text
