#include "models/grammar/grammars.h"

#include <algorithm>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "models/grammar/format_problem.h"

namespace parlance::models {
namespace {

const char* name_of(TextFormat::Kind kind) {
  switch (kind) {
    case TextFormat::Kind::kJsonSchema:
      return "JSON schema";
    case TextFormat::Kind::kRegex:
      return "regular expression";
    case TextFormat::Kind::kChoice:
      break;
  }
  return "list of choices";
}

std::unexpected<Status> unusable(const std::string& model, const TextFormat& format,
                                 const std::string& problem) {
  return std::unexpected{grpc::make_error(
      StatusCode::kInvalidArgument, "INVALID_INPUT",
      concat("Model \"", model, "\" cannot be held to this ", name_of(format.kind), ": ", problem),
      {{"hop", "server"}, {"knob", kFormatKnob}})};
}

}  // namespace

Grammars::Grammars(std::string model, const Tokenizer& tokenizer, const GrammarsLimits& limits)
    : model_(std::move(model)), tokenizer_(tokenizer), limits_(limits) {}

Grammars::Grammar Grammars::find(const TextFormat& format) {
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(kept_, format, &Kept::format);
  if (found == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found);
  return found->compiled.grammar;
}

Result<Grammars::Grammar> Grammars::compile(const TextFormat& format) {
  if (Grammar found = find(format)) return found;
  if (const auto problem = problem_of(format, limits_.format)) return unusable(model_, format, *problem);
  const bool is_json = format.kind == TextFormat::Kind::kJsonSchema;
  const GrammarCompiler& compiler =
      is_json ? of_json_.get(tokenizer_, Letters::kOfJson) : of_text_.get(tokenizer_, Letters::kAll);
  const auto compiled = compiler.compile(format);
  if (!compiled) return unusable(model_, format, compiled.error());
  keep(format, *compiled);
  return compiled->grammar;
}

const GrammarCompiler& Grammars::Lazy::get(const Tokenizer& tokenizer, Letters letters) {
  std::call_once(made, [&] { compiler.emplace(tokenizer, letters); });
  return *compiler;
}

/// Two who compile the same at the same time both keep it; the older goes in its turn.
void Grammars::keep(const TextFormat& format, const GrammarCompiler::Compiled& compiled) {
  const std::lock_guard lock{mutex_};
  kept_.push_front({.format = format, .compiled = compiled});
  kept_bytes_ += compiled.bytes;
  while (kept_.size() > 1 && (kept_.size() > limits_.max_kept || kept_bytes_ > limits_.max_kept_bytes)) {
    kept_bytes_ -= kept_.back().compiled.bytes;
    kept_.pop_back();
  }
}

}  // namespace parlance::models
