#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

// A tensor of BYTES in memory, as the Open Inference Protocol has it raw: its elements one behind the other,
// each its length in kElementLengthBytes, little-endian, and so many bytes.
namespace parlance::models {

inline constexpr std::size_t kElementLengthBytes = sizeof(std::uint32_t);

/// How many elements there are. Nothing: the last one is cut off.
std::optional<std::size_t> count_elements(Bytes tensor);
/// How many bytes the first `count` elements take; of a tensor that has so many (the caller checks).
std::size_t elements_size_bytes(Bytes tensor, std::size_t count);
/// The elements, borrowed; without what is cut off.
std::vector<std::string_view> split_elements(Bytes tensor);
/// `element` is shorter than 4 GiB.
void append_element(std::string& tensor, std::string_view element);

}  // namespace parlance::models
