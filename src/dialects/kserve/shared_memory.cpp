#include "dialects/kserve/shared_memory.h"

#include <algorithm>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/truncation_guard.h"
#include "grpc/error_details.h"

namespace parlance::dialects::kserve {
namespace {

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

/// The names that shm_open(3) takes on every system: one part, perhaps behind a slash.
bool is_key(std::string_view key) {
  if (key.starts_with('/')) key.remove_prefix(1);
  return !key.empty() && key.size() <= NAME_MAX && key != "." && key != ".." &&
         key.find('/') == std::string_view::npos && key.find('\0') == std::string_view::npos;
}

Status refused(const SharedMemory::Region& region, std::string_view why) {
  return invalid(concat("failed to register shared memory region '", region.name, "': ", why)).error();
}

Status cannot_open(std::string_view key) {
  return grpc::make_error(StatusCode::kInternal, "SHARED_MEMORY_UNREADABLE",
                          concat("Unable to open shared memory region: '", key, "'"), {{"hop", "server"}});
}

Status too_many() {
  return grpc::make_error(StatusCode::kResourceExhausted, "SHARED_MEMORY_LIMIT",
                          "there are as many shared memory regions as the server keeps; unregister some",
                          {{"hop", "server"}, {"limit", std::to_string(SharedMemory::kMostRegions)}});
}

bool is_local(std::string_view peer) {
  return peer.starts_with("unix:") || peer.starts_with("ipv4:127.") || peer.starts_with("ipv6:[::1]") ||
         peer.starts_with("ipv6:[::ffff:127.");
}

}  // namespace

Status no_region(std::string_view kind, std::string_view name) {
  return grpc::make_error(StatusCode::kNotFound, "SHARED_MEMORY_NOT_FOUND",
                          concat("Unable to find ", kind, "shared memory region: '", name, "'"),
                          {{"hop", "server"}, {"observed", std::string{name}}});
}

/// Mapped from the page on in which the region begins.
struct SharedMemory::Mapped {
  struct Pages {
    ~Pages() { munmap(bytes.data(), bytes.size()); }
    const MutableBytes bytes;
  };

  Mapped(Region of, MutableBytes from_page) : region(std::move(of)), pages{from_page}, guard(from_page) {}
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  MutableBytes bytes() const { return pages.bytes.last(region.size_bytes); }

  const Region region;
  const Pages pages;
  const TruncationGuard guard;  // after the pages: it ends before what others may map in their place
};

Status SharedMemory::check(std::string_view peer) const {
  if (callers_ == Callers::kAnyone || (callers_ == Callers::kLocal && is_local(peer))) return {};
  return grpc::make_error(
      StatusCode::kUnimplemented, "EXTENSION_NOT_SERVED",
      callers_ == Callers::kNobody
          ? "Client shared memory is disabled. Start the server with '--shared-memory local' to enable."
          : "Client shared memory is served to callers on the server's machine. Start the server with "
            "'--shared-memory on' to serve it to all.",
      {{"hop", "server"}, {"knob", "--shared-memory"}});
}

Status SharedMemory::add(const Region& region) {
  if (!is_key(region.key))
    return refused(region, "the key must be a name without slashes, but one before it");
  const std::lock_guard lock{mutex_};
  if (regions_.contains(region.name))
    return grpc::make_error(StatusCode::kAlreadyExists, "SHARED_MEMORY_EXISTS",
                            concat("shared memory region '", region.name, "' already in manager"),
                            {{"hop", "server"}});
  if (regions_.size() >= kMostRegions) return too_many();

  const File file{shm_open(region.key.c_str(), O_RDWR, 0)};
  struct stat about = {};
  if (file.descriptor() < 0 || fstat(file.descriptor(), &about) != 0 || !S_ISREG(about.st_mode))
    return cannot_open(region.key);
  const auto object_bytes = static_cast<std::uint64_t>(std::max<off_t>(about.st_size, 0));
  if (region.size_bytes == 0 || region.offset_bytes > object_bytes ||
      region.size_bytes > object_bytes - region.offset_bytes)
    return refused(region, "invalid args");

  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t skipped = region.offset_bytes % page_bytes;
  void* const at = mmap(nullptr, skipped + region.size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        file.descriptor(), static_cast<off_t>(region.offset_bytes - skipped));
  if (at == MAP_FAILED) return refused(region, "it cannot be mapped");
  auto mapped = std::make_shared<const Mapped>(
      region, MutableBytes{static_cast<std::byte*>(at), skipped + region.size_bytes});
  if (!mapped->guard.valid()) return too_many();
  regions_.emplace(region.name, std::move(mapped));
  return {};
}

void SharedMemory::remove(std::string_view name) {
  const std::lock_guard lock{mutex_};
  const auto at = regions_.find(name);
  if (at != regions_.end()) regions_.erase(at);
}

void SharedMemory::remove_all() {
  const std::lock_guard lock{mutex_};
  regions_.clear();
}

Result<std::vector<SharedMemory::Region>> SharedMemory::list(std::string_view name) const {
  std::vector<Region> found;
  const std::lock_guard lock{mutex_};
  for (const auto& [each, mapped] : regions_)
    if (name.empty() || name == each) found.push_back(mapped->region);
  if (found.empty() && !name.empty()) return std::unexpected{no_region("system ", name)};
  return found;
}

Result<SharedMemory::Piece> SharedMemory::find(std::string_view name, std::uint64_t offset_bytes,
                                               std::uint64_t size_bytes) const {
  std::shared_ptr<const Mapped> mapped;
  {
    const std::lock_guard lock{mutex_};
    const auto at = regions_.find(name);
    if (at == regions_.end()) return std::unexpected{no_region("", name)};
    mapped = at->second;
  }
  const std::uint64_t region_bytes = mapped->region.size_bytes;
  if (offset_bytes >= region_bytes)
    return invalid(concat("Invalid offset for shared memory region: '", name, "'"));
  if (size_bytes > region_bytes - offset_bytes)
    return invalid(concat("Invalid offset + byte size for shared memory region: '", name, "'"));
  return Piece{mapped->bytes().subspan(offset_bytes, size_bytes), std::move(mapped)};
}

}  // namespace parlance::dialects::kserve
