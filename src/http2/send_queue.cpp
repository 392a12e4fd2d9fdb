#include "http2/send_queue.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/slab.h"

namespace parlance::http2 {
namespace {

std::string_view store(std::byte*& at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  const std::string_view stored{reinterpret_cast<const char*>(at), text.size()};
  at += text.size();
  return stored;
}

// One block: the fields as an array, then the strings they point to.
Buffer copy_of(HeaderFields fields) {
  std::size_t size_bytes = fields.size_bytes();
  for (const HeaderField& field : fields) size_bytes += field.name.size() + field.value.size();
  Buffer copy = Buffer::allocate(size_bytes);
  std::byte* slot = copy.writable().data();
  std::byte* at = slot + fields.size_bytes();
  for (HeaderField field : fields) {
    field.name = store(at, field.name);
    field.value = store(at, field.value);
    new (slot) HeaderField(field);
    slot += sizeof(HeaderField);
  }
  return copy;
}

}  // namespace

SendQueue::Item* SendQueue::make(Kind kind, bool end_stream, Buffer bytes, std::uint32_t field_count) {
  const std::size_t memory_bytes = Slab::taken_bytes(sizeof(Item)) + bytes.memory_bytes();
  return new (Slab::allocate(sizeof(Item))) Item{.kind = kind,
                                                 .end_stream = end_stream,
                                                 .field_count = field_count,
                                                 .memory_bytes = memory_bytes,
                                                 .bytes = std::move(bytes)};
}

void SendQueue::push(Item* item) {
  (first_ == nullptr ? first_ : last_->next) = item;
  last_ = item;
  count(0, item->memory_bytes);
}

void SendQueue::count(std::size_t before_bytes, std::size_t after_bytes) {
  memory_bytes_ = memory_bytes_ - before_bytes + after_bytes;
  if (total_bytes_ != nullptr) *total_bytes_ = *total_bytes_ - before_bytes + after_bytes;
}

void SendQueue::push_data(Buffer data, bool end_stream) {
  data_bytes_ += data.size();
  push(make(Kind::kData, end_stream, std::move(data), 0));
}

void SendQueue::push_headers(HeaderFields fields, bool end_stream) {
  push(make(Kind::kHeaders, end_stream, copy_of(fields), static_cast<std::uint32_t>(fields.size())));
}

HeaderFields SendQueue::front_headers() const {
  return {reinterpret_cast<const HeaderField*>(first_->bytes.data()), first_->field_count};
}

std::size_t SendQueue::front_run_bytes(std::size_t limit_bytes) const {
  std::size_t size_bytes = 0;
  for (const Item* item = first_; item != nullptr && item->kind == Kind::kData; item = item->next) {
    size_bytes += item->bytes.size();
    if (size_bytes >= limit_bytes) return limit_bytes;
  }
  return size_bytes;
}

Buffer SendQueue::take_data(std::size_t size_bytes, bool& ends_stream) {
  size_bytes = std::min(size_bytes, first_->bytes.size());
  data_bytes_ -= size_bytes;
  if (size_bytes < first_->bytes.size()) {
    ends_stream = false;
    Buffer taken = first_->bytes.slice(0, size_bytes);
    first_->bytes.remove_prefix(size_bytes);
    return taken;
  }
  Buffer taken = std::move(first_->bytes);
  ends_stream = first_->end_stream;
  pop();
  return taken;
}

void SendQueue::pop() {
  Item* item = first_;
  if (item->kind == Kind::kData) data_bytes_ -= item->bytes.size();
  count(item->memory_bytes, 0);
  first_ = item->next;
  if (first_ == nullptr) last_ = nullptr;
  item->~Item();
  Slab::deallocate(item, sizeof(Item));
}

void SendQueue::clear() {
  while (first_ != nullptr) pop();
}

}  // namespace parlance::http2
