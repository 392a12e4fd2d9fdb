#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "generation/token.h"

namespace parlance::generation {

/// Who uses which page: a count of references each. It knows nothing of what is in them.
///
/// A page is free, or handed out. A page that was handed out keeps its place when its last reference goes,
/// until free() is called: somebody may still have use for what it holds (PrefixCache).
class PagePool {
 public:
  /// `pages`: as many as the memory for keys and values holds; at least 1, fewer than kNoPage.
  explicit PagePool(std::size_t pages);

  std::size_t size() const { return references_.size(); }
  std::size_t free_pages() const { return free_.size(); }

  /// A free page with one reference; kNoPage when there is none. The page freed last comes first: it is warm.
  PageId take();
  /// One more reference to a page that is handed out; also to one whose last reference has gone.
  void share(PageId page);
  /// One reference less. True: it was the last.
  bool drop(PageId page);
  /// Makes a page free that is handed out and that nobody refers to.
  void free(PageId page);

  std::uint32_t references(PageId page) const { return references_[page]; }

 private:
  std::vector<std::uint32_t> references_;
  std::vector<bool> handed_out_;
  std::vector<PageId> free_;
};

}  // namespace parlance::generation
