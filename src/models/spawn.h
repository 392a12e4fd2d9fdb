#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "models/file_descriptor.h"

namespace parlance::models {

/// A connection to a child that is to be. Our end does not block; theirs has a number that is none of the
/// child's own. Without descriptors, and errno set, when there are none left.
struct Ends {
  FileDescriptor ours;
  FileDescriptor theirs;

  explicit operator bool() const { return ours.get() >= 0 && theirs.get() >= 0; }
};
Ends pipe_ends();
Ends socket_ends();  // of messages, both ways

struct Child {
  std::vector<std::string> arguments;    // the first is the program, looked for on PATH
  std::vector<std::string> environment;  // "NAME=value"
  int output = -1;                       // its standard output and error
  int socket = -1;                       // its descriptor 3; -1: none
};

/// The environment of this process.
std::vector<std::string> own_environment();

/// Starts a child in a process group of its own, with signals as they are by default, nothing on standard
/// input and no other file of ours. The number it is to be waited by. FAILED_PRECONDITION in words when it
/// cannot be started.
Result<pid_t> spawn(Child child);

}  // namespace parlance::models
