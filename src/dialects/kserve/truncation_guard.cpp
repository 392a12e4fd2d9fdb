#include "dialects/kserve/truncation_guard.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>

#include <sys/mman.h>
#include <unistd.h>

namespace parlance::dialects::kserve {
namespace {

/// Read by the handler, which may take no lock. A slot is free while `begin` is 0; `size` is written before
/// it.
struct Slot {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> size{0};
  std::atomic<bool> taken{false};
};
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);

std::array<Slot, TruncationGuard::kMost> slots;
struct sigaction previous;
const std::uintptr_t page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));

bool is_guarded(std::uintptr_t address) {
  for (const Slot& slot : slots) {
    const std::uintptr_t begin = slot.begin.load(std::memory_order_acquire);
    if (begin != 0 && address - begin < slot.size.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

/// mmap() is a system call and nothing else, so it may be made here.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  if (is_guarded(address)) {
    auto* const page = reinterpret_cast<void*>(address & ~(page_bytes - 1));
    if (mmap(page, page_bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
        page)
      return;
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr)
    return previous.sa_sigaction(signal, info, context);
  // Met again, it ends the process.
  ::signal(signal, SIG_DFL);
}

void handle_bus_errors() {
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

}  // namespace

TruncationGuard::TruncationGuard(MutableBytes memory) {
  [[maybe_unused]] static const bool kHandled = (handle_bus_errors(), true);
  for (std::size_t i = 0; i < kMost; ++i) {
    if (slots[i].taken.exchange(true)) continue;
    slot_ = i;
    slots[i].size.store(memory.size(), std::memory_order_relaxed);
    slots[i].begin.store(reinterpret_cast<std::uintptr_t>(memory.data()), std::memory_order_release);
    return;
  }
}

TruncationGuard::~TruncationGuard() {
  if (!valid()) return;
  slots[slot_].begin.store(0, std::memory_order_release);
  slots[slot_].taken.store(false);
}

}  // namespace parlance::dialects::kserve
