#include "models/backends/openvino/text_model.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "models/backends/openvino/paged_decoder.h"
#include "models/file_text.h"

namespace parlance::models::openvino {
namespace {

constexpr std::size_t kMegabyte = 1024 * 1024;

/// 0: nobody says.
std::size_t context_of(const std::filesystem::path& folder) {
  const std::optional<std::string> text = read_file_text(folder / "config.json");
  if (!text) return 0;
  const nlohmann::json config = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!config.is_object()) return 0;
  const auto positions = config.find("max_position_embeddings");
  return positions != config.end() && positions->is_number_unsigned() ? positions->get<std::size_t>() : 0;
}

/// Triton's names.
Signature text_signature() {
  return {.inputs = {{"text_input", DataType::kBytes, {1}}},
          .outputs = {{"text_output", DataType::kBytes, {1}}}};
}

class TextModel final : public LoadedModel {
 public:
  TextModel(std::unique_ptr<generation::StepEngine> decoder, std::unique_ptr<Tokenizer> tokenizer,
            std::size_t context)
      : decoder_(std::move(decoder)), tokenizer_(std::move(tokenizer)), context_(context) {}

  const Signature& signature() const override { return signature_; }
  void run(Tensors, RunCompletion done) override {
    done(std::unexpected{
        Status{StatusCode::kFailedPrecondition, "a model of text takes tokens in steps, no tensors"}});
  }
  Status set_instances(unsigned) override {
    return {
        StatusCode::kFailedPrecondition,
        "a model of text runs all its sequences together in one instance; see \"generation\" in model.yaml"};
  }
  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }
  generation::StepEngine* decoder() override { return decoder_.get(); }
  std::size_t context_tokens() const override { return context_; }

 private:
  const Signature signature_ = text_signature();
  const std::unique_ptr<generation::StepEngine> decoder_;
  const std::unique_ptr<Tokenizer> tokenizer_;
  const std::size_t context_;
};

}  // namespace

bool is_stateful_decoder(const ov::Model& model) {
  const auto has = [](const auto& ports, const char* name) {
    return std::ranges::any_of(ports, [&](const auto& port) { return port.get_names().contains(name); });
  };
  return !model.get_variables().empty() && has(model.inputs(), "input_ids") && has(model.outputs(), "logits");
}

Result<std::unique_ptr<LoadedModel>> load_text_model(const std::filesystem::path& file,
                                                     std::unique_ptr<Tokenizer> tokenizer,
                                                     const GenerationConfig& config, unsigned threads) {
  auto decoder = load_paged_decoder(file, {.cache_bytes = config.cache_mb * kMegabyte, .threads = threads});
  if (!decoder) return std::unexpected{std::move(decoder).error()};
  return std::make_unique<TextModel>(*std::move(decoder), std::move(tokenizer),
                                     context_of(file.parent_path()));
}

}  // namespace parlance::models::openvino
