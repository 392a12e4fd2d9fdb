#include "base/slab.h"

namespace parlance {

constinit thread_local std::array<Slab::List, Slab::kClasses> Slab::lists_{};

// Lets the thread keep blocks from its first one on, and frees them at its end. What other thread_local
// destructors free after that goes to the heap.
struct Slab::ThreadEnd {
  ThreadEnd() {
    if (!kRecyclesMemory) return;
    for (std::size_t size_class = 0; size_class < kClasses; ++size_class) {
      // One more block is kept while there are fewer bytes than this.
      lists_[size_class].most_kept_bytes = kKeptBytesPerClass - class_bytes(size_class) + 1;
    }
  }
  ~ThreadEnd() {
    for (List& list : lists_) {
      list.most_kept_bytes = 0;
      while (list.head != nullptr) {
        FreeBlock* const next = list.head->next;
        ::operator delete(list.head);
        list.head = next;
      }
    }
  }
};

void* Slab::new_block(std::size_t size_class) {
  thread_local const ThreadEnd thread_end;
  return ::operator new(class_bytes(size_class));
}

}  // namespace parlance
