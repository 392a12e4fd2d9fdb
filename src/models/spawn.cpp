#include "models/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <utility>

#include "base/concat.h"
#include "models/load_failure.h"

namespace parlance::models {
namespace {

constexpr int kSocket = STDERR_FILENO + 1;

Ends made_of(const int (&ends)[2]) {
  const auto moved_up = [](int fd) {
    const FileDescriptor low{fd};
    return FileDescriptor{fcntl(fd, F_DUPFD_CLOEXEC, 10)};
  };
  Ends made{moved_up(ends[0]), moved_up(ends[1])};
  if (made) fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

class SpawnSettings {
 public:
  explicit SpawnSettings(const Child& child) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files_, child.output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, child.output, STDERR_FILENO);
    if (child.socket >= 0) posix_spawn_file_actions_adddup2(&files_, child.socket, kSocket);
    posix_spawn_file_actions_addclosefrom_np(&files_, child.socket >= 0 ? kSocket + 1 : kSocket);
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

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Ends pipe_ends() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  return made_of(ends);
}

Ends socket_ends() {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return {};
  return made_of(ends);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  return environment;
}

Result<pid_t> spawn(Child child) {
  const SpawnSettings settings{child};
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, child.arguments.front().c_str(), settings.files(), settings.attributes(),
                   pointers_to(child.arguments).data(), pointers_to(child.environment).data());
  if (error != 0)
    return load_failure(concat(child.arguments.front(), " cannot be started: ", std::strerror(error)));
  return pid;
}

}  // namespace parlance::models
