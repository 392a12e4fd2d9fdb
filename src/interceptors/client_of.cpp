#include "interceptors/client_of.h"

#include <string_view>

#include "interceptors/caller.h"

namespace parlance::interceptors {
namespace {

// A name that a caller makes up must not cost more memory than a bucket is worth.
constexpr std::size_t kLongestName = 256;

// "ipv4:10.0.0.7:51234" without the port.
std::string_view host_of(std::string_view peer) {
  return peer.starts_with("unix:") ? peer : peer.substr(0, peer.rfind(':'));
}

}  // namespace

std::string client_of(const ServerCall& call) {
  if (const Caller* caller = call.attributes().find<Caller>()) {
    return "subject:" + caller->subject.substr(0, kLongestName);
  }
  if (const auto id = call.request_metadata().get("x-client-id"); id && !id->empty()) {
    return std::string{"client:"}.append(id->substr(0, kLongestName));
  }
  return std::string{"peer:"}.append(host_of(call.peer()));
}

}  // namespace parlance::interceptors
