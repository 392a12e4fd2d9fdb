#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/backend_registry.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"
#include "scheduling/scheduler.h"
#include "scheduling/testing/toy_engine.h"

namespace parlance::text::testing {

using generation::Token;
using scheduling::testing::ToyEngine;

/// A token is a character of ASCII. "~" is spelled by none: it is the end token 0.
class ToyTokenizer final : public models::Tokenizer {
 public:
  ToyTokenizer() {
    for (char each = 0; each >= 0 && bytes_.size() < ToyEngine::kVocabulary; ++each) bytes_ += each;
  }
  Result<std::vector<Token>> encode(std::string_view text) const override {
    std::vector<Token> tokens;
    for (const char each : text) tokens.push_back(each == '~' ? Token{0} : Token{each});
    return tokens;
  }
  std::string_view token_bytes(Token token) const override {
    return token <= 0 || token >= 128 ? std::string_view{}
                                      : std::string_view{bytes_}.substr(static_cast<std::size_t>(token), 1);
  }
  std::size_t vocabulary() const override { return ToyEngine::kVocabulary; }
  std::span<const Token> special_tokens() const override { return special_; }
  std::optional<Token> end_token() const override { return 0; }
  const std::string& chat_template() const override { return none_; }

 private:
  std::string bytes_;
  const std::vector<Token> special_{0};
  const std::string none_;
};

/// Makes its text with `engine`, which outlives it. Any file with the ending ".toy" is one.
class ToyTextBackend final : public models::Backend {
 public:
  explicit ToyTextBackend(ToyEngine& engine) : engine_(engine) {}
  std::string_view name() const override { return "toy"; }
  std::span<const std::string_view> extensions() const override {
    static constexpr std::string_view kExtensions[] = {".toy"};
    return kExtensions;
  }
  Result<std::unique_ptr<models::LoadedModel>> load(const models::ModelSource&,
                                                    const models::LoadOptions&) override {
    return std::make_unique<Model>(engine_);
  }

 private:
  class Model final : public models::LoadedModel {
   public:
    explicit Model(ToyEngine& engine) : engine_(engine) {}
    const models::Signature& signature() const override { return signature_; }
    void run(models::Tensors, models::RunCompletion done) override { done(models::RunOutputs{}); }
    Status set_instances(unsigned) override { return {}; }
    const models::Tokenizer* tokenizer() const override { return &tokenizer_; }
    generation::StepEngine* decoder() override { return &engine_; }

   private:
    ToyEngine& engine_;
    const ToyTokenizer tokenizer_;
    const models::Signature signature_{.inputs = {{"text_input", models::DataType::kBytes, {1}}},
                                       .outputs = {{"text_output", models::DataType::kBytes, {1}}}};
  };
  ToyEngine& engine_;
};

/// A repository with the model "toy".
class ToyText {
 public:
  explicit ToyText(const std::string& generation = "{}") {
    folder_.write("toy/1/model.toy", "");
    folder_.write("toy/model.yaml", "generation: " + generation);
    EXPECT_TRUE(repository_.load().ok());
  }
  models::ModelHandle model() const { return repository_.find("toy").value(); }
  ToyEngine& engine() { return engine_; }
  const models::Repository& repository() const { return repository_; }
  scheduling::GenerationStatistics statistics() const { return scheduler_.generation().at(0).statistics; }

 private:
  models::BackendRegistry backends() {
    models::BackendRegistry registry;
    registry.add(std::make_unique<ToyTextBackend>(engine_));
    return registry;
  }

  models::testing::TempFolder folder_;
  ToyEngine engine_{400, 4};
  scheduling::Scheduler scheduler_{{.threads = 1}};
  models::Repository repository_{
      {.root = folder_.path(), .threads_per_model = 1, .make_companion = scheduler_.companion_maker()},
      backends()};
};

/// What the toy makes of a prompt, greedily, up to an end token.
inline std::string toy_text(std::string_view prompt, std::size_t tokens, bool ends = true) {
  const ToyTokenizer tokenizer;
  std::string text;
  for (const Token token : generation::testing::ToyModel::alone(tokenizer.encode(prompt).value(), tokens,
                                                                ToyEngine::kVocabulary)) {
    if (token == 0 && ends) break;
    text += tokenizer.token_bytes(token);
  }
  return text;
}

}  // namespace parlance::text::testing
