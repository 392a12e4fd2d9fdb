#include "http2/stream_table.h"

#include <utility>

namespace parlance::http2 {

Stream* StreamTable::look_up(StreamId id) const {
  if (size_ == 0) return nullptr;
  for (std::size_t at = home_of(id); slots_[at].stream != nullptr; at = (at + 1) & mask()) {
    if (slots_[at].id != id) continue;
    found_ = slots_[at];
    return found_.stream;
  }
  return nullptr;
}

void StreamTable::insert(StreamId id, Stream& stream) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  place({id, &stream});
  ++size_;
}

void StreamTable::place(Slot slot) {
  std::size_t at = home_of(slot.id);
  if (slots_[at].stream != nullptr) ++displaced_;
  while (slots_[at].stream != nullptr) at = (at + 1) & mask();
  slots_[at] = slot;
}

void StreamTable::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  std::swap(old, slots_);
  displaced_ = 0;
  for (const Slot& slot : old) {
    if (slot.stream != nullptr) place(slot);
  }
}

// Moves those behind the hole up that may lie there, so that no tombstones are needed. Usually everybody is
// at home, and those behind need not be looked at.
void StreamTable::erase(StreamId id) {
  if (found_.id == id) found_ = {};
  std::size_t hole = home_of(id);
  while (slots_[hole].id != id || slots_[hole].stream == nullptr) hole = (hole + 1) & mask();
  if (hole != home_of(id)) --displaced_;
  for (std::size_t at = (hole + 1) & mask(); displaced_ > 0 && slots_[at].stream != nullptr;
       at = (at + 1) & mask()) {
    const std::size_t from_home = (at - home_of(slots_[at].id)) & mask();
    const std::size_t from_hole = (at - hole) & mask();
    if (from_home < from_hole) continue;
    if (hole == home_of(slots_[at].id)) --displaced_;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = Slot{};
  --size_;
}

std::vector<Stream*> StreamTable::streams() const {
  std::vector<Stream*> all;
  all.reserve(size_);
  for (const Slot& slot : slots_) {
    if (slot.stream != nullptr) all.push_back(slot.stream);
  }
  return all;
}

}  // namespace parlance::http2
