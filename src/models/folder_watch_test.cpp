#include "models/folder_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto kWatchPatience = 20s;

class FolderWatchOf : public ::testing::Test {
 protected:
  FolderWatch start(FolderWatchOptions options = {.quiet = 10ms}) {
    return FolderWatch{[this] { return std::vector{folder_.path()}; },
                       [this] {
                         const std::lock_guard lock{mutex_};
                         ++told_;
                         changed_.notify_all();
                       },
                       [this](std::string_view warning) { warning_ = warning; }, options};
  }
  /// Does it, and waits until a change that came after it is told.
  bool tells_of(const std::function<void()>& change) {
    std::unique_lock lock{mutex_};
    const int before = told_;
    lock.unlock();
    change();
    lock.lock();
    return changed_.wait_for(lock, kWatchPatience, [&] { return told_ > before; });
  }

  testing::TempFolder folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int told_ = 0;  // guarded by mutex_
  std::string warning_;
};

TEST_F(FolderWatchOf, TellsOfFilesAndFolders) {
  folder_.write("m/1/model", "a");
  const FolderWatch watch = start();
  EXPECT_TRUE(tells_of([&] { folder_.write("m/1/model", "b"); }));
  EXPECT_TRUE(tells_of([&] { folder_.make("m/2"); }));
  EXPECT_TRUE(tells_of([&] { folder_.write("m/2/model", "c"); })) << "a folder that came later";
  EXPECT_TRUE(tells_of([&] { std::filesystem::remove_all(folder_.path() / "m"); }));
  EXPECT_EQ(warning_, "");
}

TEST_F(FolderWatchOf, LooksAtIntervalsWhenThereAreTooManyFolders) {
  folder_.write("m/1/model", "a");
  const FolderWatch watch = start({.most_folders = 2, .poll = 10ms});
  EXPECT_THAT(warning_, HasSubstr("(more than 2); looking every 0 s instead"));
  EXPECT_TRUE(tells_of([] {}));
  EXPECT_TRUE(tells_of([] {}));
}

TEST_F(FolderWatchOf, SeesMoreFoldersThanItMayWatchComeLater) {
  const FolderWatch watch = start({.quiet = 1ms, .most_folders = 2, .poll = 10ms});
  EXPECT_TRUE(tells_of([&] { folder_.make("m/1/a/b"); }));
  EXPECT_TRUE(tells_of([] {}));
}

}  // namespace
}  // namespace parlance::models
