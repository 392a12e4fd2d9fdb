#include "dialects/torchserve/versions.h"

#include <algorithm>

#include "base/concat.h"

namespace parlance::dialects::torchserve {

std::string_view version_of(std::string_view text) {
  constexpr std::string_view kMinor = ".0";
  if (!text.ends_with(kMinor)) return text;
  const std::string_view major = text.substr(0, text.size() - kMinor.size());
  const bool is_number = std::ranges::all_of(major, [](char each) { return each >= '0' && each <= '9'; });
  return is_number && !major.empty() ? major : text;
}

std::string spelled(std::int64_t version) { return concat(version, ".0"); }

}  // namespace parlance::dialects::torchserve
