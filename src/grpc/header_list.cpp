#include "grpc/header_list.h"

#include <cstring>

namespace parlance::grpc {

std::span<char> HeaderList::allocate(std::size_t size_bytes) {
  return {static_cast<char*>(memory_.allocate(size_bytes, 1)), size_bytes};
}

void HeaderList::add_copy(std::string_view name, std::string_view value, http2::HeaderToken token) {
  if (value.empty()) return add(name, {}, token);
  const std::span<char> copy = allocate(value.size());
  std::memcpy(copy.data(), value.data(), value.size());
  add(name, {copy.data(), copy.size()}, token);
}

}  // namespace parlance::grpc
