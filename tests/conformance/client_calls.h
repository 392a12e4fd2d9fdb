#pragma once

#include "connectrpc/conformance/v1/client_compat.pb.h"
#include "rpc/channel.h"

namespace parlance::conformance {

/// Makes the call that the suite asks for and tells what came of it. Blocks. INVALID_ARGUMENT for a request
/// that no call can be made of.
Result<::connectrpc::conformance::v1::ClientResponseResult> make_call(
    const Channel& channel, const ::connectrpc::conformance::v1::ClientCompatRequest& request);

}  // namespace parlance::conformance
