#include "app/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "app/exit_codes.h"

namespace parlance::app {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int exit_code;
  std::string out;
  std::string error;
};

Outcome run_with(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "parlance");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int exit_code = run(static_cast<int>(arguments.size()), arguments.data());
  std::fflush(stdout);
  return {exit_code, ::testing::internal::GetCapturedStdout(), ::testing::internal::GetCapturedStderr()};
}

TEST(CommandLine, WrongUsageEndsWith64) {
  const std::pair<std::vector<const char*>, std::string> cases[] = {
      {{}, "subcommand is required"},
      {{"sing"}, "there is no command 'sing': serve, models, call, chat, bench, explain, import or version"},
      {{"sreve"}, "there is no command 'sreve'; did you mean 'serve'?"},
      {{"serve"}, "REPOSITORY is required"},
      {{"serve", "models", "--thread", "1"}, "--thread"},
      {{"serve", "models", "--threads", "many"}, "--threads: 'many' is not a whole number from 0 to 1024"},
      {{"serve", "models", "--threads", "1", "--threads", "2"}, "--threads is given twice"},
      {{"serve", "models", "--listen", "here"}, "--listen: 'here' is not an address"},
      {{"call"}, "TARGET is required"},
      {{"call", "localhost:1"}, "METHOD is missing"},
      {{"call", "localhost:1", "a.B/C", "--timeout", "1"}, "--timeout: '1' is not a duration"},
      {{"call", "localhost:1", "a.B/C", "--timeout", "0s"}, "--timeout: must be more than 0"},
      {{"call", "localhost:1", "a.B/C", "--max-receive-message-bytes", "x"}, "'x' is not a size"},
      {{"chat", "--max-tokens", "-1"}, "--max-tokens: '-1' is not a whole number from 0 to"},
      {{"chat", "--temperature", "hot"}, "--temperature: 'hot' is not a number from 0 to 2"},
      {{"chat", "--top-p", "1.5"}, "--top-p: '1.5' is not a number from 0 to 1"},
      {{"chat", "localhost:1", "--timeout", "1"}, "--timeout: '1' is not a duration"},
      {{"chat", "localhost:1", "-H", "no colon"}, "expected 'name: value'"},
      {{"chat", "localhost:1", "--proto", "a.proto"}, "--proto"},
  };
  for (const auto& [arguments, error] : cases) {
    const Outcome outcome = run_with(arguments);
    EXPECT_EQ(outcome.exit_code, kExitUsage) << error;
    EXPECT_THAT(outcome.error, HasSubstr(error));
  }
}

TEST(CommandLine, HelpAndVersionAreNoErrors) {
  EXPECT_THAT(run_with({"--help"}).out, HasSubstr("serve"));
  EXPECT_THAT(run_with({"serve", "--help"}).out, HasSubstr("--shutdown-grace TIME"));
  EXPECT_THAT(run_with({"call", "--help"}).out, HasSubstr("Examples:"));
  const Outcome version = run_with({"version"});
  EXPECT_EQ(version.exit_code, kExitOk);
  EXPECT_THAT(version.out, HasSubstr("parlance 0."));
  const Outcome flag = run_with({"--version"});
  EXPECT_EQ(flag.exit_code, kExitOk);
  EXPECT_EQ(flag.out, version.out);
}

TEST(CommandLine, ExplainsAnError) {
  const Outcome outcome = run_with({"explain", "rpc", "error: code = NotFound desc = no such thing"});
  EXPECT_EQ(outcome.exit_code, kExitOk);
  EXPECT_THAT(outcome.out, HasSubstr("NOT_FOUND (5): no such thing"));
  EXPECT_EQ(run_with({"explain", "nothing to see"}).exit_code, kExitData);
}

TEST(CommandLine, ARepositoryThatIsNotThereEndsWith66) {
  EXPECT_EQ(run_with({"serve", "/no/such/models"}).exit_code, kExitNoInput);
}

TEST(CommandLine, AWrongConfigurationFileEndsWith78) {
  const std::string file = ::testing::TempDir() + "wrong_serve.yaml";
  std::ofstream{file} << "threads: 1\ntreads: 2\n";
  const Outcome outcome = run_with({"serve", "/no/such/models", "--config", file.c_str()});
  std::filesystem::remove(file);
  EXPECT_EQ(outcome.exit_code, kExitConfig);
  EXPECT_THAT(outcome.error, HasSubstr(file + ":2: unknown key 'treads'; did you mean 'threads'?"));
  EXPECT_EQ(run_with({"serve", "/no/such/models", "--config", "/no/such.yaml"}).exit_code, kExitConfig);
}

TEST(CommandLine, FlagsWinOverTheConfigurationFile) {
  const std::string file = ::testing::TempDir() + "flags_serve.yaml";
  std::ofstream{file} << "log-format: text\n";
  const Outcome outcome =
      run_with({"serve", "/no/such/models", "--config", file.c_str(), "--log-format", "json"});
  std::filesystem::remove(file);
  EXPECT_THAT(outcome.error, HasSubstr(R"("level":"error","msg":"there is no such model repository")"));
}

}  // namespace
}  // namespace parlance::app
