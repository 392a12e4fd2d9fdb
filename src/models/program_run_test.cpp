#include "models/program_run.h"

#include <gtest/gtest.h>

#include <atomic>

namespace parlance::models {
namespace {

Result<ProgramOutcome> shell(const std::string& text, const std::function<bool()>& is_wanted = {}) {
  return run_program({"sh", "-c", text}, is_wanted);
}

TEST(RunProgram, GivesItsExitCodeAndItsLastLine) {
  const auto ended = shell("echo first; echo second >&2; exit 7");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 7);
  EXPECT_EQ(ended->text, "first\nsecond\n");
  EXPECT_EQ(ended->last_line(), "second");
}

TEST(RunProgram, KeepsTheEndOfALongText) {
  const auto ended = shell("for i in 1 2 3 4 5 6 7 8 9 10; do head -c 10000 /dev/zero; done; echo; echo end");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text.size(), 64 * 1024);
  EXPECT_EQ(ended->last_line(), "end");
}

TEST(RunProgram, HasNoInputAndNoOtherFileOfOurs) {
  const auto ended = shell("cat; ls /proc/self/fd | wc -l");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->last_line(), "4") << "three, and that of ls itself";
}

TEST(RunProgram, WhatIsNotWantedAnyMoreIsInterrupted) {
  std::atomic<int> asked = 0;
  const auto ended = shell("trap 'echo interrupted; exit 3' INT; while true; do sleep 0.05; done",
                           [&] { return ++asked < 3; });
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 3);
  EXPECT_EQ(ended->last_line(), "interrupted");
}

TEST(RunProgram, WhatIsNotThereCannotBeStarted) {
  const auto ended = run_program({"/no/such/program"});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().message(), "/no/such/program cannot be started: No such file or directory");
}

}  // namespace
}  // namespace parlance::models
