#include "scheduling/aligned_inputs.h"

#include <cstdint>

namespace parlance::scheduling {

std::size_t align_inputs(models::Tensors& inputs) {
  std::size_t copied = 0;
  for (models::Tensor& input : inputs) {
    if (input.type() == models::DataType::kBytes) continue;
    const auto address = reinterpret_cast<std::uintptr_t>(input.bytes().data());
    if (address % models::size_bytes(input.type()) == 0) continue;
    copied += input.bytes().size();
    input.own(Buffer::copy_of(input.bytes()));
  }
  return copied;
}

}  // namespace parlance::scheduling
