#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/deadline.h"

namespace parlance::models {

struct FolderWatchOptions {
  /// A change is told when none has followed for so long: files are copied one after the other.
  Duration quiet = std::chrono::milliseconds{300};
  /// Told after this at the latest, however many follow.
  Duration longest = std::chrono::seconds{30};
  /// How many folders are watched at most; each takes about 1 KiB of the kernel.
  std::size_t most_folders = 4096;
  /// How often a change is told, whether there is one or not, where folders cannot be watched.
  Duration poll = std::chrono::seconds{5};
};

/// Tells when something below some folders changes (inotify), from a thread of its own. Where there are more
/// folders than may be watched, it says so once and tells at intervals instead.
class FolderWatch {
 public:
  /// Asked before each wait, so they may change.
  using Folders = std::function<std::vector<std::filesystem::path>()>;

  /// All three are called on the thread of this object.
  FolderWatch(Folders folders, std::function<void()> changed, std::function<void(std::string_view)> warn,
              FolderWatchOptions options = {});
  /// Waits for a call that is under way.
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

 private:
  void work();
  void watch_all();
  bool watch(const std::filesystem::path& folder, int deeper, std::size_t& count);
  void poll_instead(std::string_view why);
  /// What is readable before `timeout`; a stop counts as nothing.
  enum class Event { kNone, kChange, kStop };
  Event wait(Duration timeout) const;
  void swallow_events() const;

  const Folders folders_;
  const std::function<void()> changed_;
  const std::function<void(std::string_view)> warn_;
  const FolderWatchOptions options_;
  int inotify_ = -1;  // -1: polling
  int stop_ = -1;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace parlance::models
