#include "allocation_counter.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

// What is replaced below, by glibc's own names.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): not ours to choose
extern "C" {
void* __libc_malloc(std::size_t size_bytes);
void* __libc_calloc(std::size_t count, std::size_t size_bytes);
void* __libc_realloc(void* memory, std::size_t size_bytes);
void* __libc_memalign(std::size_t alignment, std::size_t size_bytes);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace parlance::testing {
namespace {

// Of a stack; deeper ones are the same everywhere.
constexpr int kLinesPrinted = 6;

// Constant-initialised, so that using them takes no memory.
constinit thread_local Allocations counted;
constinit thread_local AllocationSites* noting = nullptr;

void count(std::size_t size_bytes) {
  ++counted.count;
  counted.bytes += size_bytes;
  if (noting == nullptr) return;
  AllocationSites* sites = std::exchange(noting, nullptr);  // backtrace() may take memory
  std::array<void*, AllocationSites::kFrames> frames;
  constexpr int kOwnFrames = 2;  // this function and the one that it counts for
  const int found = backtrace(frames.data(), static_cast<int>(frames.size()));
  if (found > kOwnFrames) sites->add(frames.data() + kOwnFrames, found - kOwnFrames);
  noting = sites;
}

// "name at file:line" without the arguments and the folders; empty for what belongs to the standard library.
std::string shorter(std::string_view line) {
  if (const auto inlined = line.find("(inlined by) "); inlined != line.npos) line.remove_prefix(inlined + 13);
  const auto at = line.rfind(" at ");
  std::string_view name = line.substr(0, std::min(at, line.find('(')));
  if (name.starts_with("std::") || name.starts_with("void std::") || name.starts_with("operator new"))
    return {};
  constexpr std::size_t kLongestName = 100;
  name = name.substr(0, kLongestName);
  std::string_view place = at == line.npos ? std::string_view{} : line.substr(at + 4);
  if (const auto folder = place.rfind('/'); folder != place.npos) place.remove_prefix(folder + 1);
  return "    " + std::string{name} + "  " + std::string{place} + (place.ends_with('\n') ? "" : "\n");
}

// What a command prints, line by line through shorter().
std::string lines_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> part;
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) text += shorter(part.data());
  pclose(pipe);
  return text;
}

// Of a return address: the functions inlined there and the one that holds them, each with its line.
std::string describe(void* return_address) {
  Dl_info object{};
  auto* address = static_cast<char*>(return_address) - 1;
  if (dladdr(address, &object) == 0) return {};
  std::array<char, 32> offset;
  std::snprintf(offset.data(), offset.size(), "%#tx", address - static_cast<char*>(object.dli_fbase));
  return lines_of(std::string{"addr2line -Cfpie "} + object.dli_fname + " " + offset.data());
}

}  // namespace

void AllocationSites::add(void* const* frames, int frame_count) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a over the addresses
  for (int i = 0; i < frame_count; ++i)
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(frames[i])) * 1099511628211U;
  hash |= 1;
  for (std::size_t probe = 0; probe < sites_.size(); ++probe) {
    Site& site = sites_[(hash / 2 + probe) % sites_.size()];
    if (site.hash == 0) {
      site.hash = hash;
      site.frame_count = frame_count;
      std::copy_n(frames, frame_count, site.frames.begin());
    }
    if (site.hash != hash) continue;
    ++site.count;
    return;
  }
}

void AllocationSites::print(std::FILE* out, std::uint64_t calls) const {
  std::vector<const Site*> found;
  for (const Site& site : sites_) {
    if (site.count > 0) found.push_back(&site);
  }
  std::ranges::sort(found, [](const Site* a, const Site* b) { return a->count > b->count; });
  for (const Site* site : found) {
    std::fprintf(out, "%.3f a call\n", static_cast<double>(site->count) / static_cast<double>(calls));
    std::string stack;
    for (int i = 0; i < site->frame_count && std::ranges::count(stack, '\n') < kLinesPrinted; ++i) {
      stack += describe(site->frames[i]);
    }
    std::fputs(stack.c_str(), out);
  }
}

Allocations allocations_of_this_thread() { return counted; }

void note_sites(AllocationSites* sites) {
  std::array<void*, 1> frame;
  backtrace(frame.data(), 1);  // loads what it needs before it is needed
  noting = sites;
}

}  // namespace parlance::testing

extern "C" {

void* malloc(std::size_t size_bytes) {
  parlance::testing::count(size_bytes);
  return __libc_malloc(size_bytes);
}

void* calloc(std::size_t count, std::size_t size_bytes) {
  parlance::testing::count(count * size_bytes);
  return __libc_calloc(count, size_bytes);
}

void* realloc(void* memory, std::size_t size_bytes) {
  parlance::testing::count(size_bytes);
  return __libc_realloc(memory, size_bytes);
}

void* memalign(std::size_t alignment, std::size_t size_bytes) {
  parlance::testing::count(size_bytes);
  return __libc_memalign(alignment, size_bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t size_bytes) {
  parlance::testing::count(size_bytes);
  return __libc_memalign(alignment, size_bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size_bytes) {
  parlance::testing::count(size_bytes);
  *memory = __libc_memalign(alignment, size_bytes);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
