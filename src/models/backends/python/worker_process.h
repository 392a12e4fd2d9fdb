#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/file_descriptor.h"

namespace parlance::models::python {

struct WorkerCommand {
  std::string interpreter;        // a path, or a name that PATH has
  std::filesystem::path program;  // the folder "pyworker"
  unsigned threads = 1;           // of each run, for the libraries that read it from their environment
};

/// A process that runs a model's code, in a process group of its own and without any file of the server but
/// its end of a socket, standard output and error. It ends with the thread that started it, at the latest.
class WorkerProcess {
 public:
  /// FAILED_PRECONDITION in words when the interpreter cannot be started.
  static Result<WorkerProcess> start(const WorkerCommand& command);
  WorkerProcess(WorkerProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        pidfd_(std::move(other.pidfd_)),
        socket_(std::move(other.socket_)),
        log_(std::move(other.log_)) {}
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  ~WorkerProcess() { end(); }

  pid_t pid() const { return pid_; }
  /// Readable when it has ended.
  int pidfd() const { return pidfd_.get(); }
  /// Of whole messages (SOCK_SEQPACKET); not blocking.
  int socket() const { return socket_.get(); }
  /// What it writes to standard output and error; not blocking.
  int log() const { return log_.get(); }

  /// Ends it and all that it started. How it had ended by itself, or that it was killed: "it was ended by
  /// signal 9 (Killed)", "it ended with exit code 1". Empty the second time.
  std::string end();

 private:
  WorkerProcess(pid_t pid, FileDescriptor pidfd, FileDescriptor socket, FileDescriptor log)
      : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)), log_(std::move(log)) {}

  pid_t pid_;
  FileDescriptor pidfd_;
  FileDescriptor socket_;
  FileDescriptor log_;
};

}  // namespace parlance::models::python
