#include "scheduling/generation/generation_table.h"

#include "scheduling/generation/generation_loop.h"

namespace parlance::scheduling {

void GenerationTable::add(const std::string& model, std::int64_t version,
                          std::shared_ptr<GenerationLoop> loop) {
  const std::lock_guard lock{mutex_};
  entries_[{model, version}].loops.push_back(std::move(loop));
}

void GenerationTable::retire(const std::string& model, std::int64_t version, const GenerationLoop& loop) {
  const std::lock_guard lock{mutex_};
  Entry& entry = entries_[{model, version}];
  GenerationStatistics last = loop.statistics();
  last.pages = last.pages_in_use = last.pages_known = 0;  // they are gone
  entry.past += last;
  std::erase_if(entry.loops, [&](const auto& each) { return each.get() == &loop; });
}

std::vector<VersionGeneration> GenerationTable::all() const {
  std::vector<VersionGeneration> all;
  const std::lock_guard lock{mutex_};
  for (const auto& [key, entry] : entries_) {
    all.push_back({.model = key.first, .version = key.second, .statistics = entry.past});
    for (const auto& loop : entry.loops) all.back().statistics += loop->statistics();
  }
  return all;
}

}  // namespace parlance::scheduling
