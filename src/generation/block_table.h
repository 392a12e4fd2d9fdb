#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "generation/prefix_cache.h"
#include "generation/token.h"

namespace parlance::generation {

/// The engine copies the keys and values of all layers from one page to another before it runs a step.
struct PageCopy {
  PageId from;
  PageId to;
  bool operator==(const PageCopy&) const = default;
};

/// The pages of one sequence, in order, and how many tokens they hold. It does not own its cache: release()
/// gives the pages back, and a table with pages must not be destroyed.
class BlockTable {
 public:
  BlockTable() = default;
  BlockTable(BlockTable&& other) noexcept;
  BlockTable& operator=(BlockTable&& other) noexcept;
  ~BlockTable();

  std::span<const PageId> pages() const { return pages_; }
  /// Tokens whose keys and values the pages hold.
  std::size_t filled() const { return filled_; }

  /// Takes over what the cache knows of the beginning of `tokens`, of an empty table; `found` as match() gave
  /// it.
  void adopt(PrefixCache& cache, std::span<const PageId> found);

  /// How many pages reserve() would take.
  std::size_t lacking(const PrefixCache& cache, std::size_t tokens) const;
  /// Makes room for `tokens` in all, filled ones included: takes pages, and copies the last one first when it
  /// is part full and shared (`copies` says so). False: the cache has too few, nothing has changed.
  bool reserve(PrefixCache& cache, std::size_t tokens, std::vector<PageCopy>& copies);

  /// The engine has stored keys and values up to `tokens.size()`: `tokens` are the sequence's from its first
  /// one on. Blocks that became full are remembered, and replaced by equal ones that were known before.
  void fill(PrefixCache& cache, std::span<const Token> tokens, std::uint64_t salt);

  /// A second table that shares every page that holds something.
  BlockTable fork(PrefixCache& cache) const;

  /// Gives the pages back, the last one first.
  void release(PrefixCache& cache);

 private:
  bool must_copy(const PrefixCache& cache) const;

  std::vector<PageId> pages_;
  std::size_t filled_ = 0;
};

}  // namespace parlance::generation
