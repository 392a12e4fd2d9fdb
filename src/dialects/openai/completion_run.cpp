#include "dialects/openai/completion_run.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/concat.h"
#include "dialects/openai/error_body.h"
#include "dialects/running_tasks.h"
#include "grpc/error_details.h"
#include "net/random.h"
#include "scheduling/errors.h"

namespace parlance::dialects::openai {
namespace {

using edge::HttpResponse;

std::string random_id(std::string_view prefix) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%016llx%016llx",
                static_cast<unsigned long long>(net::thread_random()()),
                static_cast<unsigned long long>(net::thread_random()()));
  return concat(prefix, digits);
}

AnswerHead head_of(const Asked& asked) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.kind = asked.kind,
          .id = random_id(asked.kind == AnswerKind::kChat ? "chatcmpl-" : "cmpl-"),
          .created = std::chrono::duration_cast<std::chrono::seconds>(now).count(),
          .model = asked.fields.model};
}

std::string_view reason_of(std::optional<text::Finish> finish) {
  if (!finish) return "";
  if (*finish == text::Finish::kError) return "error";
  return *finish == text::Finish::kLength ? "length" : "stop";
}

Status in_prompt(std::size_t index, std::size_t of, const Status& status) {
  if (of == 1) return status;
  const auto details = status.details();
  return {status.code(), concat("prompt[", index, "]: ", status.message()), {details.begin(), details.end()}};
}

bool is_of_format(const Status& status) {
  const auto info = grpc::error_info(status);
  return info && info->get("knob") == models::kFormatKnob;
}

}  // namespace

CompletionRun::CompletionRun(edge::HttpCall& call, Asked asked)
    : call_(call), asked_(std::move(asked)), head_(head_of(asked_)), streaming_(asked_.fields.stream) {
  texts_.resize(asked_.prompts.size() * asked_.fields.n);
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    Choice& choice = texts_[i].choice;
    choice.index = static_cast<unsigned>(i);
    if (!asked_.echoes.empty()) choice.text = asked_.echoes[i / asked_.fields.n];
    texts_[i].characters = characters_of(choice.text);
  }
}

Task<Result<HttpResponse>> CompletionRun::run(const models::Repository& repository) {
  Task<Status> beginning = begin(repository);
  const Status begun = co_await std::move(beginning);
  if (!begun.ok()) co_return begun;
  RunningTasks following;
  for (std::size_t i = 0; i < generations_.size(); ++i) following.start(follow(i));
  co_await following.fewer_than(1);
  following.rethrow();
  if (!call_.ending().ok()) error_ = call_.ending();
  if (error_.ok() && call_.cancelled()) error_ = scheduling::caller_left();
  if (!streaming_) co_return whole_answer();
  const Status ended = end_stream();
  if (!ended.ok()) co_return ended;
  co_return HttpResponse{};
}

Task<Status> CompletionRun::begin(const models::Repository& repository) {
  for (std::size_t i = 0; i < asked_.prompts.size(); ++i) {
    Result<models::ModelHandle> model = repository.find(asked_.fields.model);
    if (!model) co_return model.error();
    Task<Result<text::Generation>> generating = text::generate(call_, request_of(i, *std::move(model)));
    Result<text::Generation> generation = co_await std::move(generating);
    if (!generation && is_of_format(generation.error()))
      co_return invalid_field(asked_.fields.format_field, std::string{generation.error().message()});
    if (!generation) co_return in_prompt(i, asked_.prompts.size(), generation.error());
    generations_.push_back(*std::move(generation));
  }
  logprobs_ = {.wanted = asked_.fields.logprobs, .tokenizer = generations_[0].model().tokenizer()};
  co_return Status{};
}

text::GenerateRequest CompletionRun::request_of(std::size_t prompt, models::ModelHandle model) {
  const GenerationFields& fields = asked_.fields;
  text::GenerateRequest request{.model = std::move(model),
                                .prompt = asked_.prompts[prompt],
                                .special_tokens = asked_.special_tokens,
                                .max_tokens = fields.max_tokens,
                                .sampling = fields.sampling,
                                .stop = fields.stop,
                                .include_stop = fields.include_stop,
                                .ignore_end = fields.ignore_end,
                                .format = fields.format,
                                .n = fields.n,
                                .deadline = call_.deadline(),
                                .priority = fields.priority,
                                .client = {}};
  if (!fields.has_seed) request.sampling.seed = net::thread_random()();
  return request;
}

// One prompt's pieces, to the end or until one of another has failed.
Task<void> CompletionRun::follow(std::size_t prompt) {
  text::Generation& generation = generations_[prompt];
  while (std::optional<text::TextPiece> piece = co_await generation.next()) {
    Text& text = texts_[prompt * asked_.fields.n + piece->index];
    if (error_.ok() && piece->finish == text::Finish::kError) {
      error_ = in_prompt(prompt, asked_.prompts.size(), piece->status);
    }
    if (is_over()) break;
    if (!streaming_) {
      keep(text, *std::move(piece));
      continue;
    }
    const std::string events = events_of(text, *piece);
    if (events.empty()) continue;
    begin_stream();
    const bool reads = co_await call_.write(events);
    if (!reads) break;
  }
}

void CompletionRun::keep(Text& text, text::TextPiece piece) {
  text.choice.text += piece.text;
  if (logprobs_.wanted && piece.sampled) text.choice.logprobs.push_back(*std::move(piece.sampled));
  text.choice.finish_reason = reason_of(piece.finish);
}

std::string CompletionRun::events_of(Text& text, const text::TextPiece& piece) {
  const bool has_logprob = logprobs_.wanted && piece.sampled.has_value();
  if (piece.text.empty() && !piece.finish && !has_logprob) return {};
  std::string events;
  const auto add = [&](const Piece& made) {
    const Chunks chunks = piece_chunks(head_, made, asked_.fields.include_usage, logprobs_);
    if (!chunks.role.empty()) events += event_of(chunks.role);
    events += event_of(chunks.piece);
  };
  const unsigned index = text.choice.index;
  const bool is_first = !std::exchange(text.begun, true);
  if (is_first && !text.choice.text.empty()) add({.index = index, .text = text.choice.text});  // the echo
  add({.index = index,
       .text = piece.text,
       .sampled = has_logprob ? &*piece.sampled : nullptr,
       .finish_reason = reason_of(piece.finish),
       .is_first = is_first,
       .text_offset = text.characters});
  if (has_logprob) {
    text.characters += characters_of(logprobs_.tokenizer->token_bytes(piece.sampled->token));
  }
  return events;
}

void CompletionRun::begin_stream() {
  call_.begin({.content_type = "text/event-stream; charset=utf-8",
               .fields = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}});
}

Usage CompletionRun::usage() const {
  Usage usage;
  for (const text::Generation& generation : generations_) {
    usage.prompt_tokens += generation.prompt_tokens();
    usage.completion_tokens += generation.made_tokens();
  }
  return usage;
}

Result<HttpResponse> CompletionRun::whole_answer() {
  if (!error_.ok()) return std::unexpected{error_};
  std::vector<Choice> choices;
  for (Text& text : texts_) choices.push_back(std::move(text.choice));
  return HttpResponse{.content_type = "application/json",
                      .body = answer_body(head_, choices, usage(), logprobs_)};
}

Status CompletionRun::end_stream() {
  const bool has_begun = std::ranges::any_of(texts_, &Text::begun);
  if (!error_.ok() && !has_begun) return error_;
  begin_stream();
  call_.write(last_events());
  return error_;
}

std::string CompletionRun::last_events() const {
  std::string events;
  if (!error_.ok()) {
    events = event_of(error_body(error_));
  } else if (asked_.fields.include_usage) {
    events = event_of(usage_chunk(head_, usage()));
  }
  return events + event_of(kDone);
}

}  // namespace parlance::dialects::openai
