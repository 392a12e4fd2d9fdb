#include "http2/received_sections.h"

#include <cstring>

namespace parlance::http2 {

ReceivedSection* ReceivedSections::find(Bytes block, std::uint64_t table_changes) {
  if (block.empty()) return nullptr;
  for (const std::unique_ptr<Kept>& kept : kept_) {
    if (kept->table_changes == table_changes && kept->block.size() == block.size() &&
        std::memcmp(kept->block.data(), block.data(), block.size()) == 0) {
      return &kept->section;
    }
  }
  return nullptr;
}

ReceivedSection& ReceivedSections::renew() {
  if (kept_.size() < kKept) {
    kept_.push_back(std::make_unique<Kept>(max_list_bytes_));
    newest_ = kept_.size() - 1;
  } else {
    newest_ = (newest_ + 1) % kKept;
  }
  Kept& kept = *kept_[newest_];
  kept.block.clear();
  kept.section.checked = ReceivedSection::Checked::kNot;
  kept.section.id = ++last_id_;
  return kept.section;
}

void ReceivedSections::remember(Bytes block, std::uint64_t table_changes) {
  if (block.size() > kLongestBlockBytes) return;
  Kept& kept = *kept_[newest_];
  kept.block.assign(block.begin(), block.end());
  kept.table_changes = table_changes;
}

}  // namespace parlance::http2
