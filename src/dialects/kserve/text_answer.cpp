#include "dialects/kserve/text_answer.h"

#include "models/byte_elements.h"

namespace parlance::dialects::kserve {
TextAnswer::TextAnswer(const ::inference::ModelInferRequestView& request, std::string_view model,
                       std::int64_t version, const Text& text)
    : version_(std::to_string(version)) {
  fields_ = {.model_name = model, .model_version = version_, .id = request.id()};
  final_.bool_param = text.is_final;
  parameters_.push_back({.key = "triton_final_response", .value = &final_});
  if (text.finish) {
    finish_.string_param = *text.finish == text::Finish::kLength ? "length" : "stop";
    parameters_.push_back({.key = "finish_reason", .value = &finish_});
  }
  fields_.parameters = parameters_;
  if (text.has_text) add_output(!request.raw_input_contents().empty(), text.text);
}

void TextAnswer::add_output(bool raw, std::string_view text) {
  outputs_[0] = {.name = "text_output", .datatype = "BYTES", .shape = shape_};
  if (raw) {
    models::append_element(raw_, text);
    element_[0] = raw_;
    fields_.raw_output_contents = element_;
  } else {
    element_[0] = text;
    contents_.bytes_contents = element_;
    outputs_[0].contents = &contents_;
  }
  fields_.outputs = outputs_;
}

}  // namespace parlance::dialects::kserve
