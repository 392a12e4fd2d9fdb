#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "base/deadline.h"

namespace parlance::interceptors {

/// A small file that is read again when it has changed. Not thread-safe.
class WatchedFile {
 public:
  explicit WatchedFile(std::string path) : path_(std::move(path)) {}

  using Text = std::optional<std::string>;
  /// The file's text when it has changed since it was last given out, and the first time; nothing else. Looks
  /// at the disk once a second at most. The error says what is wrong with the file, once for each state of
  /// it.
  std::expected<Text, std::string> poll(TimePoint now);

  const std::string& path() const { return path_; }

  static constexpr Duration kLookEvery = std::chrono::seconds{1};
  /// Keys fit into much less; another file must not fill the memory.
  static constexpr std::uintmax_t kLargestBytes = 1024 * 1024;

 private:
  // What tells one state of the file from another.
  struct Look {
    std::filesystem::file_time_type changed;
    std::uintmax_t size_bytes = 0;
    bool there = false;
    bool operator==(const Look&) const = default;
  };
  Look look() const;

  std::string path_;
  std::optional<Look> seen_;
  TimePoint looked_at_;
};

}  // namespace parlance::interceptors
