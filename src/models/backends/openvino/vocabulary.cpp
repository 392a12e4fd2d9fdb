#include "models/backends/openvino/vocabulary.h"

#include <algorithm>
#include <numeric>
#include <openvino/op/constant.hpp>
#include <utility>

namespace parlance::models::openvino {
namespace {

using generation::Token;
using Nodes = std::vector<std::shared_ptr<ov::Node>>;

// Inputs of the operator VocabDecoder, by place: 1, 2 and 3 are where each token begins and ends, and the
// bytes of all; 4 the tokens to be passed over.
constexpr std::size_t kTokenBegins = 1;
constexpr std::size_t kSkippedTokens = 4;
// Of RegexNormalization.
constexpr std::size_t kPattern = 3;
// Strings travel as three tensors: begins, ends, bytes.
constexpr std::size_t kStringParts = 3;

bool is(const ov::Node& node, std::string_view type) { return node.get_type_name() == type; }

/// The constant that `output` is, or is a slice of.
std::shared_ptr<ov::op::v0::Constant> constant_behind(ov::Output<ov::Node> output) {
  while (!ov::is_type<ov::op::v0::Constant>(output.get_node_shared_ptr())) {
    OPENVINO_ASSERT(output.get_node()->get_input_size() > 0, "the tokens to be left out are not constant");
    output = output.get_node()->input_value(0);
  }
  return ov::as_type_ptr<ov::op::v0::Constant>(output.get_node_shared_ptr());
}

/// Whether a replacement is more than one of fixed text ("▁" by a space): it is then one that cuts spaces at
/// a text's borders or around punctuation.
bool looks_beyond_a_token(const ov::Node& replacement) {
  const auto pattern = constant_behind(replacement.input_value(kPattern));
  const std::string_view text{static_cast<const char*>(pattern->get_data_ptr()), pattern->get_byte_size()};
  return text.find_first_of("^$(") != std::string_view::npos;
}

void take_out(ov::Node& node) {
  for (std::size_t part = 0; part < kStringParts; ++part) node.output(part).replace(node.input_value(part));
}

void decode_tokens_alone(ov::Model& model) {
  for (const auto& node : model.get_ordered_ops()) {
    if (is(*node, "UTF8Validate") || (is(*node, "RegexNormalization") && looks_beyond_a_token(*node)))
      take_out(*node);
  }
  model.validate_nodes_and_infer_types();
}

std::vector<Token> skipped_tokens(const ov::Node& decoder) {
  if (decoder.get_input_size() <= kSkippedTokens) return {};
  std::vector<Token> tokens = constant_behind(decoder.input_value(kSkippedTokens))->cast_vector<Token>();
  std::ranges::sort(tokens);
  return tokens;
}

/// As the file spells them, which for special tokens is how texts do.
std::vector<std::string> spellings_of(const ov::Node& decoder, const std::vector<Token>& tokens) {
  const auto begins = constant_behind(decoder.input_value(kTokenBegins))->cast_vector<std::size_t>();
  const auto ends = constant_behind(decoder.input_value(kTokenBegins + 1))->cast_vector<std::size_t>();
  const auto bytes = constant_behind(decoder.input_value(kTokenBegins + 2));
  const std::string_view all{static_cast<const char*>(bytes->get_data_ptr()), bytes->get_byte_size()};
  std::vector<std::string> spellings;
  for (const Token token : tokens) {
    const auto index = static_cast<std::size_t>(token);
    const bool is_there = index < std::min(begins.size(), ends.size()) && begins[index] <= ends[index] &&
                          ends[index] <= all.size();
    spellings.emplace_back(is_there ? all.substr(begins[index], ends[index] - begins[index])
                                    : std::string_view{});
  }
  return spellings;
}

/// [size, 1]: one to a text.
ov::Tensor all_tokens(std::size_t size, const ov::element::Type& type) {
  ov::Tensor tokens{type, ov::Shape{size, 1}};
  if (type == ov::element::i32)
    std::iota(tokens.data<std::int32_t>(), tokens.data<std::int32_t>() + size, 0);
  else
    std::iota(tokens.data<std::int64_t>(), tokens.data<std::int64_t>() + size, 0);
  return tokens;
}

}  // namespace

Vocabulary::Vocabulary(std::span<const std::string> texts, std::vector<Token> special,
                       std::vector<std::string> spellings)
    : special_(std::move(special)), spellings_(std::move(spellings)) {
  spellings_.resize(special_.size());
  ends_.reserve(texts.size());
  for (const std::string& text : texts) {
    if (!std::ranges::binary_search(special_, static_cast<Token>(ends_.size()))) bytes_ += text;
    ends_.push_back(bytes_.size());
  }
}

std::string_view Vocabulary::bytes(Token token) const {
  if (token < 0 || static_cast<std::size_t>(token) >= ends_.size()) return {};
  const auto index = static_cast<std::size_t>(token);
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view{bytes_}.substr(begin, ends_[index] - begin);
}

std::string_view Vocabulary::spelling(Token token) const {
  const auto found = std::ranges::lower_bound(special_, token);
  if (found == special_.end() || *found != token) return {};
  return spellings_[static_cast<std::size_t>(found - special_.begin())];
}

Vocabulary read_vocabulary(ov::Core& core, const std::filesystem::path& detokenizer) {
  const std::shared_ptr<ov::Model> model = core.read_model(detokenizer.string());
  const Nodes nodes = model->get_ops();
  const auto decoder =
      std::ranges::find_if(nodes, [](const auto& node) { return is(*node, "VocabDecoder"); });
  OPENVINO_ASSERT(decoder != nodes.end(), "the detokenizer has no vocabulary that can be read");
  const std::size_t size =
      ov::shape_size(constant_behind((*decoder)->input_value(kTokenBegins))->get_shape());
  std::vector<Token> special = skipped_tokens(**decoder);
  std::vector<std::string> spellings = spellings_of(**decoder, special);
  decode_tokens_alone(*model);

  ov::InferRequest request =
      core.compile_model(model, "CPU", {ov::num_streams(0), ov::inference_num_threads(1)})
          .create_infer_request();
  request.set_input_tensor(all_tokens(size, model->input().get_element_type()));
  request.infer();
  const ov::Tensor texts = request.get_output_tensor();
  OPENVINO_ASSERT(texts.get_size() == size, "the detokenizer does not give a text for each token");
  return {{texts.data<const std::string>(), size}, std::move(special), std::move(spellings)};
}

}  // namespace parlance::models::openvino
