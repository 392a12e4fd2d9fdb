#include "loopback_server.h"

#include <cstdio>
#include <cstdlib>

namespace parlance::testing {

constexpr std::size_t kMaxMessageBytes = 64 * 1024 * 1024;

LoopbackServer::LoopbackServer(std::shared_ptr<Service> service)
    : server_({.listen = {"127.0.0.1:0"}, .threads = 1, .max_receive_message_bytes = kMaxMessageBytes}) {
  server_.add(std::move(service));
  if (const Result<void> started = server_.start(); !started) die(started.error());
}

LoopbackServer::~LoopbackServer() {
  server_.shutdown(std::chrono::milliseconds{0});
  server_.wait();
}

void die(const Status& status) {
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  std::abort();
}

}  // namespace parlance::testing
