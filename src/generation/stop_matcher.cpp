#include "generation/stop_matcher.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace parlance::generation {

std::optional<std::string> problem_of_stop_strings(std::span<const std::string> strings) {
  if (strings.size() > kMaxStopStrings)
    return "stop has " + std::to_string(strings.size()) + " strings, at most " +
           std::to_string(kMaxStopStrings);
  for (const std::string& string : strings) {
    if (string.empty()) return "a stop string is empty";
    if (string.size() > kMaxStopStringBytes)
      return "a stop string has " + std::to_string(string.size()) + " bytes, at most " +
             std::to_string(kMaxStopStringBytes);
  }
  return std::nullopt;
}

StopMatcher::StopMatcher(std::vector<std::string> strings, bool included)
    : strings_(std::move(strings)), included_(included) {
  require(!problem_of_stop_strings(strings_), "stop strings are checked before");
}

StopMatcher::Found StopMatcher::add(std::string_view piece) {
  require(!stopped_, "nothing comes after a stop string");
  held_ += piece;
  Found found;
  std::size_t end = std::string::npos;
  for (std::size_t index = 0; index < strings_.size(); ++index) {
    const std::size_t size = strings_[index].size();
    const std::size_t at = held_.find(strings_[index]);
    if (at == std::string::npos || at + size > end) continue;
    if (at + size == end && size < strings_[*found.index].size()) continue;
    end = at + size;
    found.index = index;
  }
  if (found.index) {
    stopped_ = true;
    found.text = held_.substr(0, included_ ? end : end - strings_[*found.index].size());
    held_.clear();
    return found;
  }
  found.text = held_.substr(0, held_.size() - bytes_to_hold());
  held_.erase(0, found.text.size());
  return found;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

/// The longest end of held_ that begins a stop string.
std::size_t StopMatcher::bytes_to_hold() const {
  std::size_t most = 0;
  for (const std::string& string : strings_) {
    for (std::size_t size = std::min(held_.size(), string.size() - 1); size > most; --size) {
      if (std::string_view{held_}.ends_with(std::string_view{string}.substr(0, size))) most = size;
    }
  }
  return most;
}

}  // namespace parlance::generation
