#include "models/version_choice.h"

#include <iterator>

namespace parlance::models {

std::set<std::int64_t> chosen_versions(const VersionsConfig& config, const std::vector<std::int64_t>& found) {
  using Policy = VersionsConfig::Policy;
  if (config.policy == Policy::kSpecific) return {config.specific.begin(), config.specific.end()};
  std::set<std::int64_t> chosen{found.begin(), found.end()};
  if (config.policy == Policy::kLatest && chosen.size() > config.latest)
    chosen.erase(chosen.begin(),
                 std::next(chosen.begin(), static_cast<std::ptrdiff_t>(chosen.size() - config.latest)));
  return chosen;
}

}  // namespace parlance::models
