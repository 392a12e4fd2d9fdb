#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace parlance::faults {

/// A fault that a test makes, and what the status that comes of it must say.
struct Fault {
  std::string_view reason;
  StatusCode code;
  /// Where the status is made; empty: nothing is said of it.
  std::string_view hop;
  /// Keys that the ErrorInfo must have beside it.
  std::vector<std::string_view> keys;
  /// Makes the fault and returns the status that its caller (or for want of one the server) gets.
  std::function<Status()> inject;
};

/// Of what clients send, and of servers themselves.
std::vector<Fault> server_faults();
/// Of tokens and limits.
std::vector<Fault> admission_faults();
/// Of calls as their callers make them.
std::vector<Fault> call_faults();
/// Of servers that do what no gRPC server does.
std::vector<Fault> peer_faults();

}  // namespace parlance::faults
