#include "models/program_run.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/concat.h"
#include "base/deadline.h"
#include "base/trimmed.h"
#include "models/load_failure.h"

namespace parlance::models {
namespace {

constexpr std::size_t kMostText = 64UL * 1024;
constexpr int kAskEveryMs = 100;
constexpr std::chrono::seconds kInterruptGrace{5};

/// Its signals as they are by default, three files.
class SpawnSettings {
 public:
  explicit SpawnSettings(int output) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&files_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// Interrupts a program that is not wanted any more, and later kills it.
class Patience {
 public:
  Patience(pid_t pid, const std::function<bool()>& is_wanted) : pid_(pid), is_wanted_(is_wanted) {}

  void check() {
    if (!is_wanted_ || is_killed_) return;
    if (kill_at_ == TimePoint{}) {
      if (is_wanted_()) return;
      kill_at_ = Clock::now() + kInterruptGrace;
      kill(pid_, SIGINT);
    } else if (Clock::now() >= kill_at_) {
      is_killed_ = true;
      kill(pid_, SIGKILL);
    }
  }

 private:
  const pid_t pid_;
  const std::function<bool()>& is_wanted_;
  TimePoint kill_at_;
  bool is_killed_ = false;
};

/// Until the program has closed its end.
std::string read_all(int fd, Patience& patience) {
  std::string text;
  std::array<char, 4096> part;
  while (true) {
    patience.check();
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kAskEveryMs) == 0) continue;
    const ssize_t size = read(fd, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMostText) text.erase(0, text.size() - kMostText);
  }
}

}  // namespace

std::string ProgramOutcome::last_line() const {
  const std::string_view said = trimmed(text, " \t\r\n");
  return std::string{said.substr(said.rfind('\n') + 1)};
}

Result<ProgramOutcome> run_program(std::vector<std::string> arguments,
                                   const std::function<bool()>& is_wanted) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return load_failure(concat("no pipe: ", std::strerror(errno)));
  const SpawnSettings settings{ends[1]};
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, pointers[0], settings.files(), settings.attributes(), pointers.data(), environ);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return load_failure(concat(arguments[0], " cannot be started: ", std::strerror(error)));
  }
  Patience patience{pid, is_wanted};
  ProgramOutcome outcome{.exit_code = -1, .text = read_all(ends[0], patience)};
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

}  // namespace parlance::models
