#include "models/backends/openvino/paged_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <openvino/op/constant.hpp>
#include <openvino/op/gather.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/openvino.hpp>
#include <openvino/pass/manager.hpp>
#include <openvino/pass/sdpa_to_paged_attention.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/backends/openvino/conversion.h"
#include "models/backends/openvino/core.h"

namespace parlance::models {
namespace {

using generation::PageCopy;
using generation::StepInputs;
using generation::StepPart;
using generation::StepPlan;

constexpr const char* kSampledRows = "sampled_rows";

bool is_cache(const ov::Output<const ov::Node>& input) {
  return std::ranges::any_of(input.get_names(), [](const std::string& name) {
    return name.starts_with("key_cache.") || name.starts_with("value_cache.");
  });
}

/// Only the tokens at `sampled_rows` are given logits: of a chunk of a prompt that is one at most, and the
/// last layer, as wide as the vocabulary, is the largest.
void compute_only_sampled_rows(const std::shared_ptr<ov::Model>& model) {
  const std::shared_ptr<ov::Node> result = model->output("logits").get_node_shared_ptr();
  const std::shared_ptr<ov::Node> last = result->get_input_node_shared_ptr(0);
  const ov::Input<ov::Node> place = ov::is_type<ov::op::v0::MatMul>(last) ? last->input(0) : result->input(0);
  const auto rows = std::make_shared<ov::op::v0::Parameter>(ov::element::i64, ov::PartialShape{-1});
  rows->set_friendly_name(kSampledRows);
  rows->get_output_tensor(0).set_names({kSampledRows});
  const auto axis = ov::op::v0::Constant::create(ov::element::i64, ov::Shape{}, {0});
  place.replace_source_output(std::make_shared<ov::op::v8::Gather>(place.get_source_output(), rows, axis));
  model->add_parameters({rows});
  result->get_output_tensor(0).set_names({"logits"});
  model->validate_nodes_and_infer_types();
}

ov::CompiledModel compile(const std::filesystem::path& file, unsigned threads) {
  ov::Core core = openvino::new_core();
  const std::shared_ptr<ov::Model> model = core.read_model(file.string());
  ov::pass::Manager manager;
  manager.register_pass<ov::pass::SDPAToPagedAttention>();
  manager.run_passes(model);
  compute_only_sampled_rows(model);
  // F16, whatever the file says or leaves open: in 8 bits, the engine's choice then, a page has rows beside
  // those of its tokens, and answers are others.
  return core.compile_model(
      model, "CPU",
      {ov::num_streams(0), ov::inference_num_threads(static_cast<std::int32_t>(threads)),
       ov::hint::inference_precision(ov::element::f32), ov::hint::kv_cache_precision(ov::element::f16),
       ov::hint::enable_cpu_pinning(false)});
}

class PagedDecoder final : public generation::StepEngine {
 public:
  PagedDecoder(const std::filesystem::path& file, const PagedDecoderOptions& options)
      : compiled_(compile(file, options.threads)), request_(compiled_.create_infer_request()) {
    for (const ov::Output<const ov::Node>& input : compiled_.inputs()) {
      if (is_cache(input)) caches_.push_back({.input = input, .memory = {}});
    }
    OPENVINO_ASSERT(!caches_.empty(), "the model has no attention that can be paged");
    for (const Cache& cache : caches_) page_bytes_ += bytes_of_page(cache.input);
    pages_ = std::max<std::size_t>(options.cache_bytes / page_bytes_, 1);
    for (Cache& cache : caches_) allocate(cache);
    block_tokens_ = static_cast<std::size_t>(caches_.front().input.get_partial_shape()[2].get_length());
    vocabulary_ = static_cast<std::size_t>(logits_.get_partial_shape()[2].get_length());
  }

  std::size_t pages() const override { return pages_; }
  std::size_t block_tokens() const override { return block_tokens_; }
  std::size_t page_bytes() const override { return page_bytes_; }
  std::size_t vocabulary() const override { return vocabulary_; }

  Result<std::span<const float>> run(const StepPlan& plan) override {
    try {
      for (const PageCopy& copy : plan.copies) copy_page(copy);
      set_inputs(plan.inputs);
      const std::size_t sampled = set_sampled_rows(plan);
      request_.infer();
      return std::span{request_.get_tensor(logits_).data<const float>(), sampled * vocabulary_};
    } catch (const std::exception& exception) {
      return std::unexpected{Status{
          StatusCode::kInternal, "a step of generation failed: " + openvino::plain_reason(exception.what())}};
    }
  }

 private:
  struct Cache {
    ov::Output<const ov::Node> input;  // [pages, heads, tokens, size of a head]
    ov::Tensor memory;
  };

  static ov::Shape shape_of(const ov::Output<const ov::Node>& cache, std::size_t pages) {
    ov::PartialShape shape = cache.get_partial_shape();
    shape[0] = static_cast<std::int64_t>(pages);
    return shape.to_shape();
  }

  static std::size_t bytes_of_page(const ov::Output<const ov::Node>& cache) {
    return ov::shape_size(shape_of(cache, 1)) * cache.get_element_type().bitwidth() / 8;
  }

  void allocate(Cache& cache) {
    cache.memory = ov::Tensor{cache.input.get_element_type(), shape_of(cache.input, pages_)};
    std::memset(cache.memory.data(), 0, cache.memory.get_byte_size());
    request_.set_tensor(cache.input, cache.memory);
  }

  void copy_page(const PageCopy& copy) {
    for (Cache& cache : caches_) {
      auto* const memory = static_cast<std::byte*>(cache.memory.data());
      const std::size_t bytes = cache.memory.get_byte_size() / pages_;
      std::memcpy(memory + copy.to * bytes, memory + copy.from * bytes, bytes);
    }
  }

  template <typename T>
  static void set(ov::Tensor& tensor, const std::vector<T>& values) {
    tensor.set_shape({values.size()});
    std::ranges::copy(values, tensor.data<T>());
  }

  void set_inputs(const StepInputs& inputs) {
    set(input_ids_, inputs.input_ids);
    set(position_ids_, inputs.position_ids);
    set(past_lens_, inputs.past_lens);
    set(subsequence_begins_, inputs.subsequence_begins);
    set(block_indices_, inputs.block_indices);
    set(block_indices_begins_, inputs.block_indices_begins);
    *max_context_len_.data<std::int32_t>() = inputs.max_context_len;
  }

  /// How many parts sample. The model computes one row at least; a step that only stores has one that nobody
  /// reads.
  std::size_t set_sampled_rows(const StepPlan& plan) {
    rows_.clear();
    std::int64_t end = 0;
    for (const StepPart& part : plan.parts) {
      end += static_cast<std::int64_t>(part.tokens);
      if (part.samples) rows_.push_back(end - 1);
    }
    const std::size_t sampled = rows_.size();
    if (rows_.empty()) rows_.push_back(0);
    set(sampled_rows_, rows_);
    return sampled;
  }

  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  // The request's own, looked up once.
  ov::Tensor input_ids_ = request_.get_tensor("input_ids");
  ov::Tensor position_ids_ = request_.get_tensor("position_ids");
  ov::Tensor past_lens_ = request_.get_tensor("past_lens");
  ov::Tensor subsequence_begins_ = request_.get_tensor("subsequence_begins");
  ov::Tensor block_indices_ = request_.get_tensor("block_indices");
  ov::Tensor block_indices_begins_ = request_.get_tensor("block_indices_begins");
  ov::Tensor max_context_len_ = request_.get_tensor("max_context_len");
  ov::Tensor sampled_rows_ = request_.get_tensor(kSampledRows);
  ov::Output<const ov::Node> logits_ = compiled_.output("logits");
  std::vector<Cache> caches_;
  std::vector<std::int64_t> rows_;
  std::size_t pages_ = 0;
  std::size_t block_tokens_ = 0;
  std::size_t page_bytes_ = 0;
  std::size_t vocabulary_ = 0;
};

}  // namespace

Result<std::unique_ptr<generation::StepEngine>> load_paged_decoder(const std::filesystem::path& file,
                                                                   const PagedDecoderOptions& options) {
  try {
    return std::make_unique<PagedDecoder>(file, options);
  } catch (const std::exception& exception) {
    return std::unexpected{Status{StatusCode::kFailedPrecondition,
                                  fmt::format("{} cannot be run in pages: {}", file.filename().string(),
                                              openvino::plain_reason(exception.what()))}};
  }
}

}  // namespace parlance::models
