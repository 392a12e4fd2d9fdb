#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace parlance::dialects::kserve {

/// NOT_FOUND in Triton's words; `kind` is "", "system " or "cuda ".
Status no_region(std::string_view kind, std::string_view name);

/// Parts of POSIX shared memory objects that clients have given names, so that tensors may lie there instead
/// of in messages. Texts and statuses are Triton's. A client that shortens an object under a request gets
/// zeros for what it took away. Thread-safe.
class SharedMemory {
 public:
  /// Whose requests may name shared memory.
  enum class Callers : std::uint8_t { kNobody, kLocal, kAnyone };
  /// Regions at a time.
  static constexpr std::size_t kMostRegions = 256;

  struct Region {
    std::string name;
    std::string key;
    std::uint64_t offset_bytes = 0;
    std::uint64_t size_bytes = 0;
  };
  /// A piece of a region, mapped for as long as `held` lives, whether or not the region is still there.
  struct Piece {
    MutableBytes bytes;
    std::shared_ptr<const void> held;
  };

  explicit SharedMemory(Callers callers) : callers_(callers) {}

  /// OK when `peer` (as ServerCall::peer() writes it) may use shared memory; else UNIMPLEMENTED, with the
  /// knob.
  Status check(std::string_view peer) const;

  /// Maps bytes of the object that shm_open(3) finds under the region's key. ALREADY_EXISTS for a name that
  /// is taken; INVALID_ARGUMENT for a key that is more than a name with perhaps a slash before it, and for
  /// bytes that are none or not all within the object; INTERNAL when it cannot be opened; RESOURCE_EXHAUSTED
  /// when there are kMostRegions.
  Status add(const Region& region);
  /// Requests that use it keep it mapped until they end. One that there is not, is none.
  void remove(std::string_view name);
  void remove_all();
  /// By name. NOT_FOUND when `name` is not empty and there is no such region.
  Result<std::vector<Region>> list(std::string_view name) const;

  /// NOT_FOUND for a region that there is not, INVALID_ARGUMENT unless all of the bytes are within it.
  Result<Piece> find(std::string_view name, std::uint64_t offset_bytes, std::uint64_t size_bytes) const;

 private:
  struct Mapped;

  const Callers callers_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Mapped>, std::less<>> regions_;  // guarded by mutex_
};

}  // namespace parlance::dialects::kserve
