#include "models/backends/python/environment.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/concat.h"
#include "base/trimmed.h"
#include "models/backends/python/file_descriptor.h"
#include "models/load_failure.h"

namespace parlance::models::python {
namespace {

constexpr const char* kPython = "python3";
constexpr std::size_t kMostOutput = 64UL * 1024;

struct Said {
  int exit_code = -1;
  std::string text;
};

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t size = 0; (size = read(fd, part.data(), part.size())) != 0;) {
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) break;
    if (text.size() < kMostOutput) text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

/// What it prints, to its end.
Result<Said> ask(std::vector<std::string> arguments) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return load_failure(concat("no pipe: ", std::strerror(errno)));
  const FileDescriptor ours{ends[0]};
  FileDescriptor theirs{ends[1]};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, theirs.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, theirs.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, pointers[0], &files, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) return load_failure(concat(arguments[0], " cannot be started: ", std::strerror(error)));
  theirs = FileDescriptor{};
  Said said{.exit_code = -1, .text = read_all(ours.get())};
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) said.exit_code = WEXITSTATUS(status);
  return said;
}

}  // namespace

Result<std::string> find_interpreter(const ModelSource& source, const std::filesystem::path& program) {
  const PythonConfig& config = source.config.python;
  if (!config.interpreter.empty()) return config.interpreter;
  const std::filesystem::path requirements = source.file.parent_path() / "requirements.txt";
  if (!std::filesystem::exists(requirements)) return kPython;
  std::vector<std::string> command{kPython, program.string(), "environment", requirements.string()};
  if (config.install) command.emplace_back("--install");
  const Result<Said> said = ask(std::move(command));
  if (!said) return std::unexpected{said.error()};
  const std::string text{trimmed(said->text, " \t\r\n")};
  const std::string last = text.substr(text.rfind('\n') + 1);
  if (said->exit_code == 0) return last;
  return load_failure(last.empty() ? "the environment for requirements.txt cannot be asked for" : last);
}

}  // namespace parlance::models::python
