#include "rpc/balancing/least_request.h"

#include <algorithm>

namespace parlance::balancing {

LeastRequest::LeastRequest(const LeastRequestConfig& config, PolicyHost& host)
    : ConnectToAll(host), choice_count_(std::clamp<std::uint32_t>(config.choice_count, 2, 10)) {}

void LeastRequest::on_call_ended(BackendId backend, StatusCode /*code*/) {
  const auto found = open_calls_.find(backend);
  if (found != open_calls_.end() && found->second > 0) --found->second;
}

void LeastRequest::on_removed(BackendId /*backend*/) {
  std::erase_if(open_calls_, [](const auto& entry) { return entry.second == 0; });
}

std::uint64_t LeastRequest::open_calls(BackendId backend) const {
  const auto found = open_calls_.find(backend);
  return found == open_calls_.end() ? 0 : found->second;
}

BackendId LeastRequest::choose() {
  BackendId best = draw();
  for (std::uint32_t drawn = 1; drawn < choice_count_; ++drawn) {
    const BackendId other = draw();
    if (open_calls(other) < open_calls(best)) best = other;
  }
  return best;
}

}  // namespace parlance::balancing
