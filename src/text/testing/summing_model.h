#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "models/backend.h"

namespace parlance::text::testing {

/// The bytes of a text between 1 and 2, which are special.
class BorderTokenizer final : public models::Tokenizer {
 public:
  Result<std::vector<generation::Token>> encode(std::string_view text) const override {
    std::vector<generation::Token> tokens{1};
    tokens.insert(tokens.end(), text.begin(), text.end());
    tokens.push_back(2);
    return tokens;
  }
  std::string_view token_bytes(generation::Token) const override { return {}; }
  std::size_t vocabulary() const override { return 128; }
  std::span<const generation::Token> special_tokens() const override { return special_; }
  std::optional<generation::Token> end_token() const override { return {}; }
  const std::string& chat_template() const override { return none_; }

 private:
  const std::vector<generation::Token> special_{1, 2};
  const std::string none_;
};

/// "Embeds" a text as two numbers: the sum of its tokens, and how many there are; what the mask hides does
/// not count. Remembers the shapes of its runs.
class SummingModel final : public models::LoadedModel {
 public:
  struct Runs {
    std::mutex mutex;
    std::vector<models::Shape> shapes;  // guarded by mutex
  };

  explicit SummingModel(Runs& runs) : runs_(runs) {}

  const models::Signature& signature() const override { return signature_; }
  Status set_instances(unsigned) override { return {}; }
  const models::Tokenizer* tokenizer() const override { return &tokenizer_; }
  void run(models::Tensors inputs, models::RunCompletion done) override {
    const models::Shape& shape = inputs[0].shape();
    {
      const std::lock_guard lock{runs_.mutex};
      runs_.shapes.push_back(shape);
    }
    const auto ids = inputs[0].as<std::int64_t>();
    const auto mask = inputs[1].as<std::int64_t>();
    std::vector<float> sums(static_cast<std::size_t>(shape[0]) * 2);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::size_t row = i / static_cast<std::size_t>(shape[1]);
      sums[2 * row] += static_cast<float>(ids[i] * mask[i]);
      sums[2 * row + 1] += static_cast<float>(mask[i]);
    }
    models::Tensors outputs;
    outputs.push_back(models::Tensor::owning("sums", models::DataType::kFp32, {shape[0], 2},
                                             Buffer::copy_of(std::as_bytes(std::span{sums}))));
    done(models::RunOutputs{.tensors = std::move(outputs)});
  }

 private:
  Runs& runs_;
  const BorderTokenizer tokenizer_;
  const models::Signature signature_{.inputs = {{"input_ids", models::DataType::kInt64, {-1, -1}},
                                                {"attention_mask", models::DataType::kInt64, {-1, -1}}},
                                     .outputs = {{"sums", models::DataType::kFp32, {-1, 2}}}};
};

/// Any file with the ending ".sums" is such a model.
class SummingBackend final : public models::Backend {
 public:
  explicit SummingBackend(SummingModel::Runs& runs) : runs_(runs) {}
  std::string_view name() const override { return "summing"; }
  std::span<const std::string_view> extensions() const override {
    static constexpr std::string_view kExtensions[] = {".sums"};
    return kExtensions;
  }
  Result<std::unique_ptr<models::LoadedModel>> load(const models::ModelSource&,
                                                    const models::LoadOptions&) override {
    return std::make_unique<SummingModel>(runs_);
  }

 private:
  SummingModel::Runs& runs_;
};

}  // namespace parlance::text::testing
