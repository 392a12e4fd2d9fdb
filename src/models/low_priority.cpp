#include "models/low_priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace parlance::models {
namespace {

// A tenth of what a thread of normal priority gets where both want the processor: with 19 it would be a
// seventieth, and a reload under full load would take minutes.
constexpr int kLow = 10;
constexpr int kNormal = 0;

// setpriority() takes the id of a thread, on Linux.
bool set_nice(pid_t thread, int nice) {
  return setpriority(PRIO_PROCESS, static_cast<id_t>(thread), nice) == 0;
}

std::set<pid_t> threads_of_this_process() {
  std::set<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/task", error}) {
    const std::string name = entry.path().filename().string();
    pid_t thread = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), thread).ec == std::errc{})
      threads.insert(thread);
  }
  return threads;
}

/// Tried on a thread of its own, which is gone afterwards.
bool may_raise() {
  static const bool may = [] {
    bool raised = false;
    std::thread{[&] { raised = set_nice(gettid(), kLow) && set_nice(gettid(), kNormal); }}.join();
    return raised;
  }();
  return may;
}

void raise_those_begun_since(const std::set<pid_t>& before) {
  for (const pid_t thread : threads_of_this_process())
    if (thread != gettid() && !before.contains(thread) &&
        getpriority(PRIO_PROCESS, static_cast<id_t>(thread)) == kLow)
      set_nice(thread, kNormal);
}

/// One at a time: a thread that works must not be taken for one that another's work began.
std::mutex working;

void run_lowered(const std::function<void()>& work) {
  const std::lock_guard lock{working};
  std::thread{[&] {
    set_nice(gettid(), kLow);
    work();
  }}.join();
}

}  // namespace

void run_at_low_priority(const std::function<void()>& work) { run_lowered(work); }

void run_at_low_priority_with_threads(const std::function<void()>& work) {
  if (!may_raise()) return work();
  run_lowered([&] {
    const std::set<pid_t> before = threads_of_this_process();
    work();
    raise_those_begun_since(before);
  });
}

}  // namespace parlance::models
