#include "dialects/torchserve/body.h"

#include <utility>

#include "models/byte_elements.h"

namespace parlance::dialects::torchserve {

bool takes_body(const models::Signature& signature) {
  return signature.inputs.size() == 1 && signature.inputs[0].type == models::DataType::kBytes &&
         signature.inputs[0].shape.size() == 1;
}

TensorInput to_body(const models::Signature& signature, std::string_view input) {
  std::string element;
  models::append_element(element, input);
  TensorInput made{.tensors = {}, .is_one_row = true};
  made.tensors.push_back(models::Tensor::owning(signature.inputs[0].name, models::DataType::kBytes, {1},
                                                Buffer::adopt(std::move(element))));
  return made;
}

std::optional<std::string> body_of(const models::Signature& signature, const models::Tensors& outputs) {
  if (outputs.size() != 1 || outputs[0].type() != models::DataType::kBytes) return std::nullopt;
  const auto elements = models::split_elements(outputs[0].bytes());
  if (elements.size() != 1 && !takes_body(signature)) return std::nullopt;
  std::string body;
  for (const std::string_view element : elements) body += element;
  return body;
}

}  // namespace parlance::dialects::torchserve
