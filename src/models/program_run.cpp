#include "models/program_run.h"

#include <poll.h>
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
#include "models/spawn.h"

namespace parlance::models {
namespace {

constexpr std::size_t kMostText = 64UL * 1024;
constexpr int kAskEveryMs = 100;
constexpr std::chrono::seconds kInterruptGrace{5};

/// Interrupts a program that is not wanted any more with all that it started, and later kills them.
class Patience {
 public:
  Patience(pid_t pid, const std::function<bool()>& is_wanted) : pid_(pid), is_wanted_(is_wanted) {}

  /// It was killed: whatever of it lives on is not waited for.
  bool is_over() const { return is_killed_; }

  void check() {
    if (!is_wanted_ || is_killed_) return;
    if (kill_at_ == TimePoint{}) {
      if (is_wanted_()) return;
      kill_at_ = Clock::now() + kInterruptGrace;
      kill(-pid_, SIGINT);
    } else if (Clock::now() >= kill_at_) {
      is_killed_ = true;
      kill(-pid_, SIGKILL);
    }
  }

 private:
  const pid_t pid_;
  const std::function<bool()>& is_wanted_;
  TimePoint kill_at_;
  bool is_killed_ = false;
};

/// Until the program has closed its end, or was killed: what it started elsewhere may have the end still.
std::string read_all(int fd, Patience& patience) {
  std::string text;
  std::array<char, 4096> part;
  for (patience.check(); !patience.is_over(); patience.check()) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, kAskEveryMs) == 0) continue;
    const ssize_t size = read(fd, part.data(), part.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMostText) text.erase(0, text.size() - kMostText);
  }
  return text;
}

}  // namespace

std::string ProgramOutcome::last_line() const {
  const std::string_view said = trimmed(text, " \t\r\n");
  return std::string{said.substr(said.rfind('\n') + 1)};
}

Result<ProgramOutcome> run_program(std::vector<std::string> arguments,
                                   const std::function<bool()>& is_wanted) {
  Ends output = pipe_ends();
  if (!output) return load_failure(concat("no pipe: ", std::strerror(errno)));
  const Result<pid_t> pid = spawn(
      {.arguments = std::move(arguments), .environment = own_environment(), .output = output.theirs.get()});
  output.theirs = {};
  if (!pid) return std::unexpected{pid.error()};
  Patience patience{*pid, is_wanted};
  ProgramOutcome outcome{.exit_code = -1, .text = read_all(output.ours.get(), patience)};
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(*pid, &status, WNOHANG)) == 0) {
    patience.check();
    poll(nullptr, 0, kAskEveryMs / 10);
  }
  if (ended == *pid && WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

}  // namespace parlance::models
