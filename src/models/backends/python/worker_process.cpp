#include "models/backends/python/worker_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/concat.h"
#include "models/load_failure.h"

extern "C" {
#include <sys/pidfd.h>  // of glibc 2.36, which does not say so itself
}

namespace parlance::models::python {
namespace {

constexpr int kWorkerSocket = 3;  // pyworker/__main__.py has it, too

struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;
};

/// A copy that no number of the child's own stands in the way of.
FileDescriptor moved_up(int fd) {
  FileDescriptor low{fd};
  return FileDescriptor{fcntl(fd, F_DUPFD_CLOEXEC, 10)};
}

Ends socket_ends() {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  Ends made{moved_up(ends[0]), moved_up(ends[1])};
  fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

Ends log_ends() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  Ends made{moved_up(ends[0]), moved_up(ends[1])};
  fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

/// Ours, but for what makes Python write its lines at once and leave the version's folder as it is, and how
/// many threads numeric libraries take; what the operator has set stays.
std::vector<std::string> environment_for(const WorkerCommand& command) {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  const auto set = [&](std::string_view name, const std::string& value) {
    for (const std::string& each : environment)
      if (each.starts_with(name) && each.substr(name.size()).starts_with('=')) return;
    environment.push_back(concat(name, "=", value));
  };
  set("PYTHONUNBUFFERED", "1");
  set("PYTHONDONTWRITEBYTECODE", "1");
  for (const char* const name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
    set(name, std::to_string(command.threads));
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What the child gets of us: a clean signal mask, a group of its own, four files.
class SpawnSettings {
 public:
  SpawnSettings(int socket, int log) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, log, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, log, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&files_, socket, kWorkerSocket);
    posix_spawn_file_actions_addclosefrom_np(&files_, kWorkerSocket + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
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

std::string how_it_ended(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return concat("it ended with exit code ", info.si_status);
  return concat("it was ended by signal ", info.si_status, " (", strsignal(info.si_status), ")");
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start(const WorkerCommand& command) {
  Ends socket = socket_ends();
  Ends log = log_ends();
  if (socket.theirs.get() < 0 || log.theirs.get() < 0)
    return load_failure(concat("a worker cannot be given its files: ", std::strerror(errno)));
  const SpawnSettings settings{socket.theirs.get(), log.theirs.get()};
  std::vector<std::string> arguments{command.interpreter, command.program.string(), "work",
                                     std::to_string(getpid())};
  std::vector<std::string> environment = environment_for(command);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, command.interpreter.c_str(), settings.files(), settings.attributes(),
                                 pointers_to(arguments).data(), pointers_to(environment).data());
  if (error != 0)
    return load_failure(
        concat("the Python interpreter ", command.interpreter, " cannot be started: ", std::strerror(error)));
  return WorkerProcess{pid, FileDescriptor{pidfd_open(pid, 0)}, std::move(socket.ours), std::move(log.ours)};
}

std::string WorkerProcess::end() {
  if (pid_ < 0) return {};
  const pid_t pid = std::exchange(pid_, -1);
  siginfo_t info{};
  const bool ended =
      waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
  kill(-pid, SIGKILL);  // also what it began; before it is reaped, so that the group is still its own
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return ended ? how_it_ended(info) : "it was killed";
}

}  // namespace parlance::models::python
