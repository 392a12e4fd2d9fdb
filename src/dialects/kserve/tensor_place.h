#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/concat.h"
#include "base/status.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/shared_memory.h"

namespace parlance::dialects::kserve {

/// What an input or output of a request says about shared memory (shared_memory_region, shared_memory_offset
/// and shared_memory_byte_size): the piece that it names, or nothing. `peer`: who asks. Errors are
/// SharedMemory's; INVALID_ARGUMENT in Triton's words for parameters of the wrong kind or without each other.
template <typename TensorView>
Result<std::optional<SharedMemory::Piece>> find_place(const TensorView& tensor, const SharedMemory& memory,
                                                      std::string_view peer) {
  const auto parameters = tensor.parameters();
  const auto region = parameters.find("shared_memory_region");
  const auto number = [&](std::string_view name) -> Result<std::optional<std::uint64_t>> {
    const auto parameter = parameters.find(name);
    if (!parameter) return std::nullopt;
    if (!region)
      return invalid(concat("'", name, "' can not be specified without 'shared_memory_region' parameter for ",
                            "tensor '", tensor.name(), "'"));
    if (!parameter->has_int64_param())
      return invalid(concat("invalid value type for '", name, "' parameter for tensor '", tensor.name(),
                            "', expected int64_param."));
    // A negative one is larger than any region.
    return static_cast<std::uint64_t>(parameter->int64_param());
  };
  const auto offset = number("shared_memory_offset");
  if (!offset) return std::unexpected{offset.error()};
  const auto size = number("shared_memory_byte_size");
  if (!size) return std::unexpected{size.error()};
  if (!region) return std::nullopt;
  if (!region->has_string_param())
    return invalid(concat("invalid value type for 'shared_memory_region' parameter for tensor '",
                          tensor.name(), "', expected string_param."));
  if (!*size)
    return invalid(concat("'shared_memory_byte_size' must be specified along with 'shared_memory_region' ",
                          "parameter for tensor '", tensor.name(), "'"));
  if (Status status = memory.check(peer); !status.ok()) return std::unexpected{std::move(status)};
  Result<SharedMemory::Piece> piece = memory.find(region->string_param(), offset->value_or(0), **size);
  if (!piece) return std::unexpected{std::move(piece).error()};
  return *std::move(piece);
}

}  // namespace parlance::dialects::kserve
