#include "generation/page_pool.h"

#include "base/assert.h"

namespace parlance::generation {

PagePool::PagePool(std::size_t pages) : references_(pages), handed_out_(pages) {
  require(pages > 0 && pages < kNoPage, "a pool has at least one page, and its pages have 32-bit numbers");
  free_.reserve(pages);
  for (std::size_t page = pages; page-- > 0;) free_.push_back(static_cast<PageId>(page));
}

PageId PagePool::take() {
  if (free_.empty()) return kNoPage;
  const PageId page = free_.back();
  free_.pop_back();
  references_[page] = 1;
  handed_out_[page] = true;
  return page;
}

void PagePool::share(PageId page) {
  require(page < size() && handed_out_[page], "only a page that is handed out can be shared");
  ++references_[page];
}

bool PagePool::drop(PageId page) {
  require(page < size() && references_[page] > 0, "a page is dropped once for each reference");
  return --references_[page] == 0;
}

void PagePool::free(PageId page) {
  require(page < size() && handed_out_[page] && references_[page] == 0, "a page in use is not free");
  handed_out_[page] = false;
  free_.push_back(page);
}

}  // namespace parlance::generation
