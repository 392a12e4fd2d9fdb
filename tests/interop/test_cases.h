#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "rpc/channel.h"

namespace parlance::interop {

/// What a test case found wrong.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the soak cases take from the command line.
struct SoakOptions {
  int iterations = 10;
  int max_failures = 0;
  std::chrono::milliseconds per_iteration_max{1'000};
  std::chrono::seconds overall_timeout{10};
  std::int32_t request_size = 271'828;
  std::int32_t response_size = 314'159;
};

struct Target {
  std::string address;
  ChannelOptions options;
  SoakOptions soak;
  Channel open() const { return Channel::open(address, options); }
};

/// By the names of gRPC's interop test descriptions (grpc/doc/interop-test-descriptions.md). A case throws
/// Failure.
using TestCase = std::function<void(const Target&)>;
const std::map<std::string, TestCase>& test_cases();
/// Cases that need a server set up for them: one that misbehaves on HTTP/2, each its own; for
/// max_concurrent_streams_connection_scaling one that takes two streams a connection.
const std::map<std::string, TestCase>& special_cases();

}  // namespace parlance::interop
