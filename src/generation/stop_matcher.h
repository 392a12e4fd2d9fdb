#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::generation {

/// Stop strings of a sequence: OpenAI's API takes 4, others more.
inline constexpr std::size_t kMaxStopStrings = 16;
/// Bytes of a stop string: so many of a text may be held back while it is not yet clear whether one begins.
inline constexpr std::size_t kMaxStopStringBytes = 256;

/// What is wrong with stop strings, for the caller to read; nothing when they can be used.
std::optional<std::string> problem_of_stop_strings(std::span<const std::string> strings);

/// Finds the first stop string in a text that comes in pieces, also across their borders. Text that may begin
/// a stop string is held back until it is clear that it does not.
class StopMatcher {
 public:
  struct Found {
    std::string text;                  // to be passed on: it holds no stop string and begins none
    std::optional<std::size_t> index;  // of the stop string that was found: the text ends before it
  };

  /// `strings` have no problem; there may be none. `included`: a stop string that is found is passed on as
  /// well.
  explicit StopMatcher(std::vector<std::string> strings, bool included = false);

  /// The next piece. After a stop string was found nothing more may come.
  Found add(std::string_view piece);
  /// The text has ended: what was held back.
  std::string finish();

  std::size_t held_bytes() const { return held_.size(); }

 private:
  std::size_t bytes_to_hold() const;

  std::vector<std::string> strings_;
  bool included_;
  bool stopped_ = false;
  std::string held_;
};

}  // namespace parlance::generation
