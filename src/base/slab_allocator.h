#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <string>

#include "base/slab.h"

namespace parlance {

/// The slab as a standard allocator, for containers and shared objects that every call has.
template <typename T>
struct SlabAllocator {
  using value_type = T;

  SlabAllocator() = default;
  template <typename U>
  SlabAllocator(const SlabAllocator<U>&) {}

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length{};
    return static_cast<T*>(Slab::allocate(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept { Slab::deallocate(memory, count * sizeof(T)); }
  template <typename U>
  bool operator==(const SlabAllocator<U>&) const {
    return true;
  }
};

using SlabString = std::basic_string<char, std::char_traits<char>, SlabAllocator<char>>;

}  // namespace parlance
