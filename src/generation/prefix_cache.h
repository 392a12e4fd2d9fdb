#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "generation/page_pool.h"
#include "generation/token.h"

namespace parlance::generation {

/// The hash of a block: of its tokens, and of the hash of the block before it.
using BlockHash = std::uint64_t (*)(std::uint64_t parent, std::span<const Token> tokens);
std::uint64_t hash_block(std::uint64_t parent, std::span<const Token> tokens);

struct PrefixCacheOptions {
  std::size_t block_tokens = 32;  // tokens a page
  bool enabled = true;            // off: nothing is found, nothing kept
  BlockHash hash = hash_block;    // tests make collisions
};

/// The pages of a pool, and what the full ones hold, so that sequences that begin alike compute that part
/// once.
///
/// A full block is known by its tokens and by the page of the block before it; the hash only finds it, tokens
/// and parent decide. A known page that nobody refers to stays known until its memory is needed:
/// `available()` counts it, and the least recently used goes first, the end of a chain before its beginning.
/// Whoever drops a chain drops its last page first (BlockTable does); then a page never goes before those
/// that continue it.
class PrefixCache {
 public:
  PrefixCache(std::size_t pages, PrefixCacheOptions options);

  std::size_t block_tokens() const { return options_.block_tokens; }
  std::size_t pages() const { return pool_.size(); }
  /// Pages that take() can give: the free ones, and the known ones that nobody refers to.
  std::size_t available() const { return pool_.free_pages() + idle_; }
  std::size_t in_use() const { return pages() - available(); }
  std::size_t known() const { return by_hash_.size(); }

  /// A page to write to, with one reference; kNoPage when all are in use.
  PageId take();
  void share(PageId page);
  void drop(PageId page);
  std::uint32_t references(PageId page) const { return pool_.references(page); }

  /// The known pages, from the first block on, that `tokens` begin with; only full blocks. No reference is
  /// taken: what is to be kept must be shared before the next take(). `salt` keeps apart who must not profit
  /// from each other.
  std::vector<PageId> match(std::span<const Token> tokens, std::uint64_t salt) const;

  /// `page` now holds a full block that follows the known page `parent` (kNoPage: the sequence begins with
  /// it). Returns the page that is known for it: `page`, or one that was known before, which the caller takes
  /// in its place (share, then drop `page`). kNoPage: the cache is off.
  PageId remember(PageId page, PageId parent, std::span<const Token> tokens, std::uint64_t salt);

  /// How many of `found` (match()) nobody refers to: taking them over uses up as many of available().
  std::size_t idle_among(std::span<const PageId> found) const;

 private:
  struct Block {
    bool known = false;
    std::uint64_t hash = 0;
    std::uint64_t salt = 0;
    PageId parent = kNoPage;
    std::uint32_t children = 0;  // known blocks that follow it
    std::vector<Token> tokens;
    PageId older = kNoPage, newer = kNoPage;  // among the idle
  };

  std::uint64_t hash_after(PageId parent, std::span<const Token> tokens, std::uint64_t salt) const;
  PageId find(std::uint64_t hash, PageId parent, std::span<const Token> tokens, std::uint64_t salt) const;
  void become_idle(PageId page);
  void leave_idle(PageId page);
  void forget(PageId page);

  PrefixCacheOptions options_;
  PagePool pool_;
  std::vector<Block> blocks_;  // by page
  std::unordered_multimap<std::uint64_t, PageId> by_hash_;
  PageId oldest_ = kNoPage, newest_ = kNoPage;
  std::size_t idle_ = 0;
};

}  // namespace parlance::generation
