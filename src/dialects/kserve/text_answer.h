#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kserve/grpc_service.views.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// What a model that makes text answers, as a response: the output `text_output`, BYTES [1], raw when the
/// request's inputs were raw; the parameters triton_final_response and, of a text that ended, finish_reason.
class TextAnswer {
 public:
  struct Text {
    std::string_view text;               // of `has_text`
    bool has_text = true;                // false: no output at all
    bool is_final = true;                // no more answers to this request come
    std::optional<text::Finish> finish;  // stop or length
  };

  /// Borrows from `request`, `model` and `text`; its fields() borrow from this.
  TextAnswer(const ::inference::ModelInferRequestView& request, std::string_view model, std::int64_t version,
             const Text& text);
  TextAnswer(const TextAnswer&) = delete;
  TextAnswer& operator=(const TextAnswer&) = delete;

  const ::inference::ModelInferResponseFields& fields() const { return fields_; }

 private:
  using Fields = ::inference::ModelInferResponseFields;

  void add_output(bool raw, std::string_view text);

  const std::string version_;
  std::string raw_;
  std::array<std::string_view, 1> element_;
  std::array<std::int64_t, 1> shape_{1};
  ::inference::InferTensorContentsFields contents_;
  std::array<Fields::InferOutputTensor, 1> outputs_;
  ::inference::InferParameterFields final_, finish_;
  std::vector<Fields::ParametersEntry> parameters_;
  Fields fields_;
};

}  // namespace parlance::dialects::kserve
