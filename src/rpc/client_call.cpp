#include "rpc/client_call.h"

#include "rpc/client_errors.h"

namespace parlance::detail {

Result<Buffer> only_message(OutgoingCall& call) {
  if (!call.status().ok()) return std::unexpected(call.status());
  std::optional<Buffer> message = call.try_read();
  if (!call.status().ok()) return std::unexpected(call.status());
  if (!message || call.has_message()) {
    return std::unexpected(message ? response_not_single() : response_missing());
  }
  return *std::move(message);
}

}  // namespace parlance::detail
