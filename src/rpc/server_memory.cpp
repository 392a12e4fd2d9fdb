#include "rpc/server_memory.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::detail {
namespace {

// A queue of slow readers empties, or is reset, within about that time.
constexpr std::chrono::seconds kRetryDelay{1};
constexpr std::chrono::seconds kLogInterval{1};

// "max", and what cannot be read, are no limit.
std::size_t limit_in(const std::filesystem::path& file) {
  std::size_t limit_bytes = MemoryBudget::kUnlimited;
  std::ifstream in{file};
  return in >> limit_bytes ? limit_bytes : MemoryBudget::kUnlimited;
}

// The tightest limit among the process's cgroup (version 2) and those above it. Within a container the root
// is the container's.
std::size_t cgroup_limit_bytes() {
  const std::filesystem::path root{"/sys/fs/cgroup"};
  std::size_t limit_bytes =
      std::min(limit_in(root / "memory.max"), limit_in(root / "memory" / "memory.limit_in_bytes"));
  std::ifstream groups{"/proc/self/cgroup"};
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) continue;
    for (std::filesystem::path group = line.substr(4); !group.empty(); group = group.parent_path()) {
      limit_bytes = std::min(limit_bytes, limit_in(root / group / "memory.max"));
    }
  }
  return limit_bytes;
}

}  // namespace

Status LoopMemory::limit_reached() const {
  return memory_limit("the server", limit_bytes(), taken_bytes(), "ServerOptions::memory_bytes");
}

bool LoopMemory::may_log(TimePoint now) {
  if (now < next_log_) return false;
  next_log_ = now + kLogInterval;
  return true;
}

Status memory_limit(std::string_view what, std::size_t limit_bytes, std::size_t observed_bytes,
                    std::string_view knob) {
  const Status status =
      grpc::make_error(StatusCode::kResourceExhausted, "MEMORY_LIMIT",
                       concat(what, " holds ", observed_bytes, " bytes of the ", limit_bytes,
                              " that it may hold for what is unsent and unread"),
                       {{"limit", std::to_string(limit_bytes)},
                        {"observed", std::to_string(observed_bytes)},
                        {"knob", std::string{knob}}});
  return status.with_detail(grpc::to_detail(grpc::RetryInfo{.retry_delay = kRetryDelay}));
}

std::size_t default_memory_bytes() {
  const auto machine_bytes =
      static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return std::min(machine_bytes, cgroup_limit_bytes()) / 2;
}

}  // namespace parlance::detail
