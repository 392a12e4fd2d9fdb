#include "models/folder_watch.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/assert.h"

namespace parlance::models {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The repository, its models, their versions, and what some formats put below.
constexpr int kDeepest = 4;

constexpr std::uint32_t kEvents = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;

/// -1 for never.
int to_timeout_ms(Duration duration) {
  if (duration == Duration::max()) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(duration, Duration::zero()));
  return static_cast<int>(std::min<std::int64_t>(ms.count(), 3'600'000));
}

}  // namespace

FolderWatch::FolderWatch(Folders folders, std::function<void()> changed,
                         std::function<void(std::string_view)> warn, FolderWatchOptions options)
    : folders_(std::move(folders)),
      changed_(std::move(changed)),
      warn_(std::move(warn)),
      options_(options),
      inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  require(stop_ >= 0, "an eventfd");
  if (inotify_ >= 0)
    watch_all();  // from now on no change is missed
  else
    poll_instead(std::strerror(errno));
  thread_ = std::thread{[this] { work(); }};
}

FolderWatch::~FolderWatch() {
  const std::uint64_t one = 1;
  require(write(stop_, &one, sizeof one) == sizeof one, "an eventfd takes a number");
  thread_.join();
  if (inotify_ >= 0) close(inotify_);
  close(stop_);
}

void FolderWatch::work() {
  for (;;) {
    const bool polls = inotify_ < 0;
    Event event = wait(polls ? options_.poll : Duration::max());
    if (event == Event::kStop) return;
    const TimePoint first = Clock::now();
    while (event == Event::kChange && Clock::now() - first < options_.longest) {
      swallow_events();
      event = wait(options_.quiet);
      if (event == Event::kStop) return;
    }
    if (!polls) watch_all();
    changed_();
  }
}

FolderWatch::Event FolderWatch::wait(Duration timeout) const {
  std::array<pollfd, 2> descriptors{pollfd{stop_, POLLIN, 0}, pollfd{inotify_, POLLIN, 0}};  // -1 is left out
  const int ready = poll(descriptors.data(), descriptors.size(), to_timeout_ms(timeout));
  if (ready <= 0) return Event::kNone;
  return descriptors[0].revents != 0 ? Event::kStop : Event::kChange;
}

/// What exactly changed is found by looking.
void FolderWatch::swallow_events() const {
  alignas(inotify_event) std::array<char, 16 * 1024> events;
  while (read(inotify_, events.data(), events.size()) > 0) {
  }
}

/// To watch a folder again changes nothing.
void FolderWatch::watch_all() {
  std::size_t count = 0;
  for (const fs::path& folder : folders_()) {
    if (watch(folder, kDeepest, count)) continue;
    const int error = errno;
    return poll_instead(count >= options_.most_folders ? fmt::format("more than {}", options_.most_folders)
                                                       : std::strerror(error));
  }
}

/// False when no more folders can be watched; one that is not there is not missed.
bool FolderWatch::watch(const fs::path& folder, int deeper, std::size_t& count) {
  if (count >= options_.most_folders) return false;
  if (inotify_add_watch(inotify_, folder.c_str(), kEvents) < 0) return errno != ENOSPC && errno != ENOMEM;
  ++count;
  if (deeper == 0) return true;
  std::error_code error;
  for (fs::directory_iterator entries{folder, error}; !error && entries != fs::directory_iterator{};
       entries.increment(error)) {
    std::error_code ignored;  // gone meanwhile
    const bool hidden = entries->path().filename().string().starts_with('.');
    if (!hidden && entries->is_directory(ignored) && !watch(entries->path(), deeper - 1, count)) return false;
  }
  return true;
}

void FolderWatch::poll_instead(std::string_view why) {
  if (inotify_ >= 0) close(inotify_);
  inotify_ = -1;
  warn_(fmt::format("the folders of the repository cannot all be watched ({}); looking every {} s instead",
                    why, std::chrono::duration_cast<std::chrono::seconds>(options_.poll).count()));
}

}  // namespace parlance::models
