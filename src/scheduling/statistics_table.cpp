#include "scheduling/statistics_table.h"

#include "scheduling/version_queue.h"

namespace parlance::scheduling {

std::shared_ptr<VersionCounters> StatisticsTable::counters(const std::string& model, std::int64_t version) {
  const std::lock_guard lock{mutex_};
  return entries_[{model, version}].counters;
}

void StatisticsTable::set_queue(const std::string& model, std::int64_t version,
                                std::weak_ptr<VersionQueue> queue) {
  const std::lock_guard lock{mutex_};
  entries_[{model, version}].queue = std::move(queue);
}

std::shared_ptr<VersionQueue> StatisticsTable::queue(std::string_view model, std::int64_t version) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find({std::string{model}, version});
  return found == entries_.end() ? nullptr : found->second.queue.lock();
}

std::vector<VersionStatistics> StatisticsTable::all() const {
  std::vector<VersionStatistics> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [key, entry] : entries_) {
    VersionStatistics& statistics = all.emplace_back();
    statistics.model = key.first;
    statistics.version = key.second;
    entry.counters->fill(statistics);
    if (const std::shared_ptr<VersionQueue> queue = entry.queue.lock()) queue->fill(statistics);
  }
  return all;
}

}  // namespace parlance::scheduling
