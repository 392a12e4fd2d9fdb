#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace parlance::models {

/// The names of a classifier's classes; the class id is the place in the list.
using Labels = std::vector<std::string>;

/// One name a line, UTF-8, in the order of the classes; a carriage return at the end of a line and an empty
/// last line are dropped. FAILED_PRECONDITION in words for a file that cannot be read or an empty line.
Result<Labels> read_labels(const std::filesystem::path& file);

/// One class and how sure the model is of it.
struct ClassScore {
  std::string_view label;  // borrowed from the labels given
  float score = 0;
  std::int32_t class_id = 0;

  bool operator==(const ClassScore&) const = default;
};

/// The `count` best of `scores`, best first, equal ones by class id; all of them when there are fewer. A NaN
/// ranks last. `labels` has a name for each score.
std::vector<ClassScore> top_k(std::span<const float> scores, std::span<const std::string> labels,
                              std::size_t count);

}  // namespace parlance::models
