#include "generation/block_table.h"

#include <utility>

#include "base/assert.h"

namespace parlance::generation {

BlockTable::BlockTable(BlockTable&& other) noexcept
    : pages_(std::exchange(other.pages_, {})), filled_(std::exchange(other.filled_, 0)) {}

BlockTable& BlockTable::operator=(BlockTable&& other) noexcept {
  require(pages_.empty(), "pages are given back before a table takes others");
  pages_ = std::exchange(other.pages_, {});
  filled_ = std::exchange(other.filled_, 0);
  return *this;
}

BlockTable::~BlockTable() { require(pages_.empty(), "pages are given back before their table goes"); }

void BlockTable::adopt(PrefixCache& cache, std::span<const PageId> found) {
  require(pages_.empty(), "only an empty table takes over a prefix");
  for (const PageId page : found) cache.share(page);
  pages_.assign(found.begin(), found.end());
  filled_ = pages_.size() * cache.block_tokens();
}

bool BlockTable::must_copy(const PrefixCache& cache) const {
  return filled_ % cache.block_tokens() != 0 && cache.references(pages_[filled_ / cache.block_tokens()]) > 1;
}

std::size_t BlockTable::lacking(const PrefixCache& cache, std::size_t tokens) const {
  const std::size_t needed = pages_for(tokens, cache.block_tokens());
  const std::size_t more = needed > pages_.size() ? needed - pages_.size() : 0;
  return more + (tokens > filled_ && must_copy(cache) ? 1 : 0);
}

bool BlockTable::reserve(PrefixCache& cache, std::size_t tokens, std::vector<PageCopy>& copies) {
  if (lacking(cache, tokens) > cache.available()) return false;
  if (tokens > filled_ && must_copy(cache)) {
    PageId& shared = pages_[filled_ / cache.block_tokens()];
    const PageId own = cache.take();
    copies.push_back({.from = shared, .to = own});
    cache.drop(shared);
    shared = own;
  }
  while (pages_.size() * cache.block_tokens() < tokens) pages_.push_back(cache.take());
  return true;
}

void BlockTable::fill(PrefixCache& cache, std::span<const Token> tokens, std::uint64_t salt) {
  const std::size_t size = cache.block_tokens();
  require(tokens.size() >= filled_ && tokens.size() <= pages_.size() * size, "only reserved room is filled");
  for (std::size_t block = filled_ / size; (block + 1) * size <= tokens.size(); ++block) {
    const PageId parent = block == 0 ? kNoPage : pages_[block - 1];
    const PageId known = cache.remember(pages_[block], parent, tokens.subspan(block * size, size), salt);
    if (known == kNoPage || known == pages_[block]) continue;
    cache.share(known);
    cache.drop(std::exchange(pages_[block], known));
  }
  filled_ = tokens.size();
}

BlockTable BlockTable::fork(PrefixCache& cache) const {
  BlockTable other;
  const std::span<const PageId> used = pages().first(pages_for(filled_, cache.block_tokens()));
  other.pages_.assign(used.begin(), used.end());
  for (const PageId page : other.pages_) cache.share(page);
  other.filled_ = filled_;
  return other;
}

void BlockTable::release(PrefixCache& cache) {
  while (!pages_.empty()) {
    cache.drop(pages_.back());
    pages_.pop_back();
  }
  filled_ = 0;
}

}  // namespace parlance::generation
