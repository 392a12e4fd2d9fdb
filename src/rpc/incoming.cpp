#include "rpc/incoming.h"

#include <vector>

namespace parlance::detail {
namespace {

// Arenas kept per thread: as many messages as are usually alive at once on a busy loop.
constexpr std::size_t kArenasKept = 64;
// First block of an arena: a small request with its strings fits.
constexpr std::size_t kFirstBlockBytes = 2048;
// An arena that grew beyond this is not kept: one large message must not hold memory for ever.
constexpr std::uint64_t kLargestArenaKeptBytes = 64 * 1024;

thread_local bool pool_gone = false;

struct ArenaPool {
  ~ArenaPool() { pool_gone = true; }
  std::vector<std::unique_ptr<google::protobuf::Arena>> arenas;
};

ArenaPool& pool() {
  thread_local ArenaPool instance;
  return instance;
}

std::unique_ptr<google::protobuf::Arena> new_arena() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = kFirstBlockBytes;
  return std::make_unique<google::protobuf::Arena>(options);
}

}  // namespace

google::protobuf::Arena& ArenaLease::get() {
  if (arena_ == nullptr) {
    auto& arenas = pool().arenas;
    if (arenas.empty()) {
      arena_ = new_arena();
    } else {
      arena_ = std::move(arenas.back());
      arenas.pop_back();
    }
  }
  return *arena_;
}

ArenaLease::~ArenaLease() {
  if (arena_ == nullptr || pool_gone || pool().arenas.size() >= kArenasKept) return;
  if (arena_->SpaceAllocated() > kLargestArenaKeptBytes) return;
  arena_->Reset();
  pool().arenas.push_back(std::move(arena_));
}

}  // namespace parlance::detail
