#include "http2/header_list.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http2/hpack_dynamic_table.h"

namespace parlance::http2 {

void HeaderList::clear() {
  fields_.clear();
  if (capacity_bytes_ + fields_.capacity() * sizeof(HeaderField) > kKeptBytes) {
    fields_.shrink_to_fit();
    chunks_.clear();
    capacity_bytes_ = 0;
  }
  chunk_ = 0;
  chunk_used_ = 0;
  list_bytes_ = 0;
}

void HeaderList::append(const HeaderField& field, Lifetime name, Lifetime value) {
  list_bytes_ += field.name.size() + field.value.size() + DynamicTable::kEntryOverheadBytes;
  if (too_large()) return;
  if (fields_.capacity() == 0) fields_.reserve(kUsualFields);
  HeaderField& stored = fields_.emplace_back(field);
  if (name == Lifetime::kBorrowed) stored.name = copy(field.name);
  if (value == Lifetime::kBorrowed) stored.value = copy(field.value);
}

std::string_view HeaderList::copy(std::string_view text) {
  if (text.empty()) return {};
  char* at = allocate(text.size());
  std::memcpy(at, text.data(), text.size());
  return {at, text.size()};
}

char* HeaderList::allocate(std::size_t size_bytes) {
  while (chunk_ < chunks_.size() && chunks_[chunk_].capacity_bytes - chunk_used_ < size_bytes) {
    ++chunk_;
    chunk_used_ = 0;
  }
  if (chunk_ == chunks_.size()) add_chunk(size_bytes);
  return chunks_[chunk_].bytes.get() + std::exchange(chunk_used_, chunk_used_ + size_bytes);
}

void HeaderList::add_chunk(std::size_t size_bytes) {
  const std::size_t capacity_bytes = std::max({kChunkBytes, size_bytes, capacity_bytes_});
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity_bytes), capacity_bytes});
  capacity_bytes_ += capacity_bytes;
}

}  // namespace parlance::http2
