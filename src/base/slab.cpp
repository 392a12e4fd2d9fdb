#include "base/slab.h"

#include <array>
#include <bit>
#include <new>

namespace parlance {
namespace {

struct FreeBlock {
  FreeBlock* next;
};

constexpr std::size_t kSmallestBytes = 64;
constexpr std::size_t kClasses = std::bit_width(Slab::kLargestBytes / kSmallestBytes);

// Power-of-two classes: 64, 128, … kLargestBytes.
constexpr std::size_t class_of(std::size_t size_bytes) {
  return size_bytes <= kSmallestBytes ? 0 : std::bit_width((size_bytes - 1) / kSmallestBytes);
}
constexpr std::size_t class_bytes(std::size_t size_class) { return kSmallestBytes << size_class; }

// Other thread_local destructors may free memory after the free lists of the thread are gone.
thread_local bool lists_gone = false;

class FreeLists {
 public:
  ~FreeLists() {
    lists_gone = true;
    for (FreeBlock* head : heads_) {
      while (head != nullptr) {
        FreeBlock* next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
  }

  void* take(std::size_t size_class) {
    FreeBlock* head = heads_[size_class];
    if (head == nullptr) return nullptr;
    heads_[size_class] = head->next;
    --counts_[size_class];
    return head;
  }

  bool give(void* memory, std::size_t size_class) {
    if ((counts_[size_class] + 1) * class_bytes(size_class) > Slab::kKeptBytesPerClass) return false;
    heads_[size_class] = new (memory) FreeBlock{heads_[size_class]};
    ++counts_[size_class];
    return true;
  }

 private:
  std::array<FreeBlock*, kClasses> heads_{};
  std::array<std::size_t, kClasses> counts_{};
};

thread_local FreeLists free_lists;

}  // namespace

void* Slab::allocate(std::size_t size_bytes) {
  if (size_bytes > kLargestBytes) return ::operator new(size_bytes);
  const std::size_t size_class = class_of(size_bytes);
  if (kRecyclesMemory && !lists_gone) {
    if (void* memory = free_lists.take(size_class)) return memory;
  }
  return ::operator new(class_bytes(size_class));
}

std::size_t Slab::taken_bytes(std::size_t size_bytes) {
  return size_bytes > kLargestBytes ? size_bytes : class_bytes(class_of(size_bytes));
}

void Slab::deallocate(void* memory, std::size_t size_bytes) noexcept {
  if (memory == nullptr) return;
  const bool keep = kRecyclesMemory && !lists_gone && size_bytes <= kLargestBytes;
  if (!keep || !free_lists.give(memory, class_of(size_bytes))) ::operator delete(memory);
}

}  // namespace parlance
