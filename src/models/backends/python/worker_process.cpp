#include "models/backends/python/worker_process.h"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/concat.h"
#include "models/load_failure.h"
#include "models/spawn.h"

extern "C" {
#include <sys/pidfd.h>  // of glibc 2.36, which does not say so itself
}

namespace parlance::models::python {
namespace {

/// Ours, but for what makes Python write its lines at once and leave the version's folder as it is, and how
/// many threads numeric libraries take; what the operator has set stays.
std::vector<std::string> environment_for(const WorkerCommand& command) {
  std::vector<std::string> environment = own_environment();
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

std::string how_it_ended(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return concat("it ended with exit code ", info.si_status);
  return concat("it was ended by signal ", info.si_status, " (", strsignal(info.si_status), ")");
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start(const WorkerCommand& command) {
  Ends socket = socket_ends();
  Ends log = pipe_ends();
  if (!socket || !log)
    return load_failure(concat("a worker cannot be given its files: ", std::strerror(errno)));
  const Result<pid_t> pid =
      spawn({.arguments = {command.interpreter, command.program.string(), "work", std::to_string(getpid())},
             .environment = environment_for(command),
             .output = log.theirs.get(),
             .socket = socket.theirs.get()});  // its descriptor 3: pyworker/__main__.py has it, too
  if (!pid) return load_failure(concat("the Python interpreter ", pid.error().message()));
  return WorkerProcess{*pid, FileDescriptor{pidfd_open(*pid, 0)}, std::move(socket.ours),
                       std::move(log.ours)};
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
