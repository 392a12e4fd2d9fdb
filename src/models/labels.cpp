#include "models/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "base/assert.h"

namespace parlance::models {

Result<Labels> read_labels(const std::filesystem::path& file) {
  const auto failed = [&](std::string_view why) {
    return std::unexpected{
        Status{StatusCode::kFailedPrecondition, fmt::format("{}: {}", file.filename().string(), why)}};
  };
  std::ifstream stream{file};
  if (!stream) return failed("cannot be read");
  Labels labels;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return failed(fmt::format("line {} is empty", labels.size() + 1));
    labels.push_back(std::move(line));
  }
  if (stream.bad()) return failed("cannot be read");
  if (labels.empty()) return failed("is empty");
  return labels;
}

std::vector<ClassScore> top_k(std::span<const float> scores, std::span<const std::string> labels,
                              std::size_t count) {
  require(labels.size() >= scores.size(), "a label for each score");
  std::vector<std::int32_t> ids(scores.size());
  std::iota(ids.begin(), ids.end(), 0);
  const auto rank = [&](std::int32_t id) {
    const float score = scores[static_cast<std::size_t>(id)];
    return std::isnan(score) ? -std::numeric_limits<float>::infinity() : score;
  };
  const auto better = [&](std::int32_t a, std::int32_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  };
  count = std::min(count, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(), better);

  std::vector<ClassScore> best;
  best.reserve(count);
  for (const std::int32_t id : std::span{ids}.first(count)) {
    const auto place = static_cast<std::size_t>(id);
    best.push_back({labels[place], scores[place], id});
  }
  return best;
}

}  // namespace parlance::models
