#include "rpc/client_call.h"

#include "grpc/error_details.h"

namespace parlance::detail {

Result<Buffer> only_message(OutgoingCall& call) {
  if (!call.status().ok()) return std::unexpected(call.status());
  std::optional<Buffer> message = call.try_read();
  if (!call.status().ok()) return std::unexpected(call.status());
  if (!message || call.has_message()) {
    return std::unexpected(grpc::make_error(StatusCode::kUnimplemented, "RESPONSE_CARDINALITY",
                                            message
                                                ? "the server sent more than one response to a unary call"
                                                : "the server sent OK without a response to a unary call"));
  }
  return *std::move(message);
}

}  // namespace parlance::detail
