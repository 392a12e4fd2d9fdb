#include "models/version_drain.h"

#include <algorithm>
#include <iterator>

#include "models/process_memory.h"

namespace parlance::models {

VersionDrain::VersionDrain(std::shared_ptr<DrainSignal> signal, Freed freed)
    : signal_(std::move(signal)), freed_(std::move(freed)), thread_([this] { work(); }) {}

VersionDrain::~VersionDrain() {
  signal_->stop();
  thread_.join();
}

void VersionDrain::add(std::shared_ptr<ModelVersion> version) {
  const std::size_t pinned = version->pins();
  {
    const std::lock_guard lock{mutex_};
    entries_.push_back({std::move(version), pinned, Clock::now()});
  }
  signal_->give();
}

void VersionDrain::work() {
  while (signal_->wait()) {
    std::vector<Entry> unused;
    {
      const std::lock_guard lock{mutex_};
      const auto used = [](const Entry& entry) { return entry.version->pins() > 0; };
      const auto first = std::ranges::stable_partition(entries_, used).begin();
      unused.assign(std::move_iterator{first}, std::move_iterator{entries_.end()});
      entries_.erase(first, entries_.end());
    }
    for (const Entry& entry : unused) free(entry);
  }
}

void VersionDrain::free(const Entry& entry) const {
  MemoryReceipt receipt{.pinned = entry.pinned, .waited = Clock::now() - entry.began};
  receipt.rss_before_bytes = resident_bytes();
  entry.version->free_loaded();
  give_back_free_memory();
  receipt.rss_after_bytes = resident_bytes();
  receipt.at = std::chrono::system_clock::now();
  freed_(entry.version, receipt);
}

}  // namespace parlance::models
