#include "interceptors/watched_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};

// The text, "same" when there is nothing new, or the error.
std::string look(WatchedFile& file, TimePoint now) {
  const auto text = file.poll(now);
  return text ? text->value_or("same") : "error: " + text.error();
}

class WatchedFileTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::remove(path_); }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const { std::ofstream{path_, std::ios::trunc} << text; }

  const std::string path_ = ::testing::TempDir() + "parlance-watched-" + std::to_string(getpid());
};

TEST_F(WatchedFileTest, IsGivenOutOnceAndAgainWhenItHasChanged) {
  write("one");
  WatchedFile file{path_};
  EXPECT_EQ(look(file, kStart), "one");
  EXPECT_EQ(look(file, kStart + 5s), "same");
  write("second");
  EXPECT_EQ(look(file, kStart + 5s + 999ms), "same");
  EXPECT_EQ(look(file, kStart + 6s), "second");
}

TEST_F(WatchedFileTest, ThatCannotBeReadIsSaidOnce) {
  WatchedFile file{path_};
  EXPECT_EQ(look(file, kStart), "error: cannot read " + path_);
  EXPECT_EQ(look(file, kStart + 5s), "same");
  write("there");
  EXPECT_EQ(look(file, kStart + 10s), "there");
}

TEST_F(WatchedFileTest, ThatIsTooLargeIsNotRead) {
  write(std::string(WatchedFile::kLargestBytes + 1, 'x'));
  WatchedFile file{path_};
  EXPECT_EQ(look(file, kStart), "error: " + path_ + " is larger than 1 MiB");
}

}  // namespace
}  // namespace parlance::interceptors
