#include "models/data_type.h"

#include <array>

#include "models/byte_elements.h"

namespace parlance::models {
namespace {

struct Entry {
  std::string_view name;
  std::size_t size_bytes;
};

// In the order of DataType.
constexpr std::array kTypes{
    Entry{"BOOL", 1}, Entry{"UINT8", 1}, Entry{"UINT16", 2}, Entry{"UINT32", 4}, Entry{"UINT64", 8},
    Entry{"INT8", 1}, Entry{"INT16", 2}, Entry{"INT32", 4},  Entry{"INT64", 8},  Entry{"FP16", 2},
    Entry{"BF16", 2}, Entry{"FP32", 4},  Entry{"FP64", 8},   Entry{"BYTES", 0},
};
static_assert(kTypes.size() == static_cast<std::size_t>(DataType::kBytes) + 1);

const Entry& entry(DataType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view to_string(DataType type) { return entry(type).name; }

std::size_t size_bytes(DataType type) { return entry(type).size_bytes; }

std::size_t least_size_bytes(DataType type) {
  return type == DataType::kBytes ? kElementLengthBytes : size_bytes(type);
}

std::optional<DataType> parse_data_type(std::string_view name) {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i].name == name) return static_cast<DataType>(i);
  return std::nullopt;
}

}  // namespace parlance::models
