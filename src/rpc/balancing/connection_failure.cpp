#include "rpc/balancing/connection_failure.h"

#include <vector>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::balancing {

Status all_failed(std::size_t addresses, const Status& last) {
  if (last.ok()) {
    return grpc::make_error(StatusCode::kUnavailable, "CONNECT_FAILED",
                            concat("all ", addresses, " addresses failed"),
                            {{"hop", "client"}, {"knob", "CallOptions::wait_for_ready"}});
  }
  if (addresses == 1) return last;
  const auto details = last.details();
  return {last.code(),
          concat("all ", addresses, " addresses were tried and failed; the last: ", last.message()),
          std::vector<StatusDetail>(details.begin(), details.end())};
}

}  // namespace parlance::balancing
