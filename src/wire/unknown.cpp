#include "wire/unknown.h"

namespace parlance::wire {

void UnknownFields::Iterator::advance() {
  for (Context trusted{.trusted = true}; next_ != end_;) {
    at_ = next_;
    std::uint32_t tag = 0;
    next_ = read_tag(at_, end_, tag, trusted);
    next_ = skip_trusted(next_, end_, tag);
    if (schema_->reads(tag) != nullptr) continue;
    field_ = {number_of(tag), type_of(tag), {at_, next_}};
    return;
  }
  at_ = end_;
}

std::size_t UnknownFields::measured() const {
  std::size_t size_bytes = 0;
  for (const Field& field : *this) size_bytes += field.bytes.size();
  return size_bytes;
}

std::byte* UnknownFields::copied_before(std::byte* end) const {
  std::byte* const begin = end - measured();
  std::byte* at = begin;
  for (const Field& field : *this) {
    std::memcpy(at, field.bytes.data(), field.bytes.size());
    at += field.bytes.size();
  }
  return begin;
}

}  // namespace parlance::wire
