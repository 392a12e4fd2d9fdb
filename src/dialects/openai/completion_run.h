#pragma once

#include <string>
#include <vector>

#include "dialects/openai/answers.h"
#include "dialects/openai/requests.h"
#include "edge/http_call.h"
#include "models/repository.h"
#include "text/generate.h"

namespace parlance::dialects::openai {

/// What is asked of a model, whichever of the two paths it came by.
struct Asked {
  AnswerKind kind = AnswerKind::kText;
  GenerationFields fields;
  std::vector<Prompt> prompts;      // each answered `fields.n` times
  std::vector<std::string> echoes;  // before each text of a prompt; empty: none
  text::SpecialTokens special_tokens = text::SpecialTokens::kRefused;
};

/// One answer while it is made: `n` texts of every prompt, all at once, as a whole or as a stream of events.
class CompletionRun {
 public:
  CompletionRun(edge::HttpCall& call, Asked asked);

  /// Answers. The model's statuses while there is no first piece yet, and RESOURCE_EXHAUSTED and the like;
  /// what fails in a stream after that becomes its last event, and is returned for the access log.
  Task<Result<edge::HttpResponse>> run(const models::Repository& repository);

 private:
  struct Text {
    Choice choice;
    std::size_t characters = 0;
    bool begun = false;
  };

  Task<Status> begin(const models::Repository& repository);
  text::GenerateRequest request_of(std::size_t prompt, models::ModelHandle model);
  Task<void> follow(std::size_t prompt);
  void keep(Text& text, text::TextPiece piece);
  std::string events_of(Text& text, const text::TextPiece& piece);
  std::string last_events() const;
  void begin_stream();
  Usage usage() const;
  bool is_over() const { return !error_.ok() || call_.cancelled(); }
  Result<edge::HttpResponse> whole_answer();
  Status end_stream();

  edge::HttpCall& call_;
  const Asked asked_;
  const AnswerHead head_;
  LogprobStyle logprobs_;
  std::vector<text::Generation> generations_;  // one a prompt
  std::vector<Text> texts_;                    // n a prompt
  Status error_;                               // the first
  bool streaming_ = false;
};

}  // namespace parlance::dialects::openai
