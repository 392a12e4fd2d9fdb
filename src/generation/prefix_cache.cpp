#include "generation/prefix_cache.h"

#include <algorithm>

#include "base/assert.h"

namespace parlance::generation {
namespace {

/// The finaliser of MurmurHash3: every bit of the input reaches every bit of the output.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}

}  // namespace

std::uint64_t hash_block(std::uint64_t parent, std::span<const Token> tokens) {
  std::uint64_t hash = mix(parent + 0x9e3779b97f4a7c15ULL);
  for (const Token token : tokens) hash = mix(hash ^ static_cast<std::uint32_t>(token));
  return hash;
}

PrefixCache::PrefixCache(std::size_t pages, PrefixCacheOptions options)
    : options_(options), pool_(pages), blocks_(pages) {
  require(options_.block_tokens > 0, "a page holds at least one token");
}

PageId PrefixCache::take() {
  if (const PageId page = pool_.take(); page != kNoPage) return page;
  if (oldest_ == kNoPage) return kNoPage;
  forget(oldest_);
  return pool_.take();
}

void PrefixCache::share(PageId page) {
  if (pool_.references(page) == 0) leave_idle(page);
  pool_.share(page);
}

void PrefixCache::drop(PageId page) {
  if (!pool_.drop(page)) return;
  if (blocks_[page].known) {
    become_idle(page);
  } else {
    pool_.free(page);
  }
}

std::vector<PageId> PrefixCache::match(std::span<const Token> tokens, std::uint64_t salt) const {
  std::vector<PageId> found;
  PageId parent = kNoPage;
  while (tokens.size() >= options_.block_tokens && !by_hash_.empty()) {
    const std::span<const Token> block = tokens.first(options_.block_tokens);
    const PageId page = find(hash_after(parent, block, salt), parent, block, salt);
    if (page == kNoPage) break;
    found.push_back(page);
    parent = page;
    tokens = tokens.subspan(options_.block_tokens);
  }
  return found;
}

PageId PrefixCache::remember(PageId page, PageId parent, std::span<const Token> tokens, std::uint64_t salt) {
  require(tokens.size() == options_.block_tokens, "only full blocks are remembered");
  require(pool_.references(page) > 0, "a page is remembered by one who uses it");
  if (!options_.enabled) return kNoPage;
  require(parent == kNoPage || blocks_[parent].known, "a block follows a known one");
  const std::uint64_t hash = hash_after(parent, tokens, salt);
  if (const PageId known = find(hash, parent, tokens, salt); known != kNoPage) return known;
  require(!blocks_[page].known, "a known page is never written again");
  blocks_[page] = {
      .known = true, .hash = hash, .salt = salt, .parent = parent, .tokens = {tokens.begin(), tokens.end()}};
  if (parent != kNoPage) ++blocks_[parent].children;
  by_hash_.emplace(hash, page);
  return page;
}

std::size_t PrefixCache::idle_among(std::span<const PageId> found) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(found, [&](PageId page) { return pool_.references(page) == 0; }));
}

std::uint64_t PrefixCache::hash_after(PageId parent, std::span<const Token> tokens,
                                      std::uint64_t salt) const {
  return options_.hash(parent == kNoPage ? salt : blocks_[parent].hash, tokens);
}

PageId PrefixCache::find(std::uint64_t hash, PageId parent, std::span<const Token> tokens,
                         std::uint64_t salt) const {
  const auto [begin, end] = by_hash_.equal_range(hash);
  const auto at = std::find_if(begin, end, [&](const auto& entry) {
    const Block& block = blocks_[entry.second];
    return block.parent == parent && block.salt == salt && std::ranges::equal(block.tokens, tokens);
  });
  return at == end ? kNoPage : at->second;
}

void PrefixCache::become_idle(PageId page) {
  blocks_[page].older = newest_;
  blocks_[page].newer = kNoPage;
  (newest_ == kNoPage ? oldest_ : blocks_[newest_].newer) = page;
  newest_ = page;
  ++idle_;
}

void PrefixCache::leave_idle(PageId page) {
  const Block& block = blocks_[page];
  (block.older == kNoPage ? oldest_ : blocks_[block.older].newer) = block.newer;
  (block.newer == kNoPage ? newest_ : blocks_[block.newer].older) = block.older;
  --idle_;
}

void PrefixCache::forget(PageId page) {
  Block& block = blocks_[page];
  require(block.children == 0, "the end of a chain goes before its beginning");
  leave_idle(page);
  if (block.parent != kNoPage) --blocks_[block.parent].children;
  const auto [begin, end] = by_hash_.equal_range(block.hash);
  by_hash_.erase(std::find_if(begin, end, [&](const auto& entry) { return entry.second == page; }));
  block = {};
  pool_.free(page);
}

}  // namespace parlance::generation
