#include "models/backends/openvino/text_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <mutex>
#include <openvino/op/constant.hpp>
#include <openvino/op/minimum.hpp>
#include <openvino/openvino.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "grpc/error_details.h"
#include "models/backends/openvino/conversion.h"
#include "models/backends/openvino/core.h"
#include "models/backends/openvino/tokenizers_library.h"
#include "models/backends/openvino/vocabulary.h"
#include "models/file_text.h"
#include "wire/utf8.h"

namespace parlance::models {
namespace {

using generation::Token;

constexpr const char* kTokens = "input_ids";
constexpr const char* kMask = "attention_mask";

/// A tokenizer made from GGUF keeps the last 8,192 tokens of a text and drops those before without a word.
void lift_token_limit(ov::Model& model) {
  const auto no_limit =
      ov::op::v0::Constant::create(ov::element::i32, ov::Shape{}, {std::numeric_limits<std::int32_t>::max()});
  for (const auto& node : model.get_ops()) {
    if (!ov::is_type<ov::op::v1::Minimum>(node)) continue;
    for (ov::Input<ov::Node>& input : node->inputs()) {
      const auto limit =
          ov::as_type_ptr<ov::op::v0::Constant>(input.get_source_output().get_node_shared_ptr());
      if (limit != nullptr && limit->get_element_type() == ov::element::i32)
        input.replace_source_output(no_limit);
    }
  }
}

/// One copy of the graph: the engine runs a graph for one caller at a time.
class Encoder {
 public:
  Encoder(ov::Core& core, const std::shared_ptr<ov::Model>& model)
      : compiled_(core.compile_model(model, "CPU", {ov::num_streams(0), ov::inference_num_threads(1)})),
        request_(compiled_.create_infer_request()),
        text_(ov::element::string, ov::Shape{1}),
        masked_(std::ranges::any_of(compiled_.outputs(),
                                    [](const auto& output) { return output.get_names().contains(kMask); })) {
    request_.set_input_tensor(text_);
  }

  std::mutex& mutex() { return mutex_; }

  /// With the mutex held.
  std::vector<Token> encode(std::string_view text) {
    *text_.data<std::string>() = text;
    request_.infer();
    const ov::Tensor tokens = request_.get_tensor(kTokens);
    const auto* const values = tokens.data<const std::int64_t>();
    std::vector<Token> result;
    result.reserve(tokens.get_size());
    // Masked is what only fills a tensor up to a fixed length.
    const auto* const mask = masked_ ? request_.get_tensor(kMask).data<const std::int64_t>() : nullptr;
    for (std::size_t i = 0; i < tokens.get_size(); ++i)
      if (mask == nullptr || mask[i] != 0) result.push_back(static_cast<Token>(values[i]));
    return result;
  }

 private:
  std::mutex mutex_;
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  ov::Tensor text_;
  bool masked_;
};

ov::Core core_with(const std::filesystem::path& library) {
  ov::Core core = openvino::new_core();
  openvino::add_tokenizers(core, library);
  return core;
}

/// Nothing where there is no detokenizer.
openvino::Vocabulary vocabulary_of(ov::Core& core, const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kDetokenizerFile;
  std::error_code error;
  return std::filesystem::is_regular_file(file, error) ? openvino::read_vocabulary(core, file)
                                                       : openvino::Vocabulary{{}, {}};
}

std::string chat_template_of(const ov::Model& model, const std::filesystem::path& folder) {
  if (std::optional<std::string> text = read_file_text(folder / kChatTemplateFile)) return *std::move(text);
  return model.has_rt_info("chat_template") ? model.get_rt_info<std::string>("chat_template") : std::string{};
}

std::optional<Token> end_token_of(const ov::Model& model) {
  if (!model.has_rt_info("eos_token_id")) return {};
  return model.get_rt_info<Token>("eos_token_id");
}

/// Nothing for a text that can be encoded.
std::optional<Status> problem_of(std::string_view text, std::size_t max_bytes) {
  const auto refused = [](std::string why, grpc::ErrorMetadata metadata) {
    return grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT", std::move(why), metadata);
  };
  if (text.size() > max_bytes) {
    return refused(
        fmt::format("the text has {} bytes; {} are taken at most", text.size(), max_bytes),
        {{"hop", "server"}, {"limit", std::to_string(max_bytes)}, {"observed", std::to_string(text.size())}});
  }
  if (!wire::is_utf8(std::as_bytes(std::span{text})))
    return refused("the text is not UTF-8", {{"hop", "server"}});
  return {};
}

class TextTokenizer final : public Tokenizer {
 public:
  TextTokenizer(const std::filesystem::path& library, const std::filesystem::path& folder,
                const TokenizerOptions& options)
      : options_(options), core_(core_with(library)), vocabulary_(vocabulary_of(core_, folder)) {
    const std::shared_ptr<ov::Model> model = core_.read_model((folder / kTokenizerFile).string());
    end_token_ = end_token_of(*model);
    chat_template_ = chat_template_of(*model, folder);
    lift_token_limit(*model);
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i)
      encoders_.push_back(std::make_unique<Encoder>(core_, model));
    (void)encoders_.front()->encode("");  // outputs are there and of the right type, or this throws
  }

  Result<std::vector<Token>> encode(std::string_view text) const override {
    if (std::optional<Status> problem = problem_of(text, options_.max_text_bytes))
      return std::unexpected{*std::move(problem)};
    try {
      return encode_with_any(text);
    } catch (const std::exception& exception) {
      return std::unexpected{grpc::make_error(
          StatusCode::kInternal, "INFERENCE_FAILED",
          "the text could not be cut into tokens: " + openvino::plain_reason(exception.what()),
          {{"hop", "server"}})};
    }
  }

  std::string_view token_bytes(Token token) const override { return vocabulary_.bytes(token); }
  std::size_t vocabulary() const override { return vocabulary_.size(); }
  std::span<const Token> special_tokens() const override { return vocabulary_.special(); }
  std::string_view special_text(Token token) const override { return vocabulary_.spelling(token); }
  std::optional<Token> end_token() const override { return end_token_; }
  const std::string& chat_template() const override { return chat_template_; }

 private:
  /// With one that is free, or else waits for the next in turn.
  std::vector<Token> encode_with_any(std::string_view text) const {
    for (const auto& encoder : encoders_) {
      const std::unique_lock free{encoder->mutex(), std::try_to_lock};
      if (free) return encoder->encode(text);
    }
    Encoder& encoder = *encoders_[next_.fetch_add(1, std::memory_order_relaxed) % encoders_.size()];
    const std::lock_guard waited{encoder.mutex()};
    return encoder.encode(text);
  }

  TokenizerOptions options_;
  ov::Core core_;
  openvino::Vocabulary vocabulary_;
  std::optional<Token> end_token_;
  std::string chat_template_;
  std::vector<std::unique_ptr<Encoder>> encoders_;
  mutable std::atomic<std::size_t> next_ = 0;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::filesystem::path& folder,
                                                  const TokenizerOptions& options) {
  const auto failed = [&](std::string_view why) {
    return std::unexpected{
        Status{StatusCode::kFailedPrecondition,
               fmt::format("the tokenizer in {} cannot be used: {}", folder.string(), why)}};
  };
  if (std::error_code error; !std::filesystem::is_regular_file(folder / kTokenizerFile, error))
    return failed(fmt::format("{} is missing", kTokenizerFile));
  const Result<std::filesystem::path> library = openvino::find_tokenizers_library(openvino::engine_library());
  if (!library) return failed(library.error().message());
  try {
    return std::make_unique<TextTokenizer>(*library, folder, options);
  } catch (const std::exception& exception) {
    return failed(openvino::plain_reason(exception.what()));
  }
}

}  // namespace parlance::models
