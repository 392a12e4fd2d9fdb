#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"

namespace parlance::app {

/// The status in what somebody pasted: the base64 of `grpc-status-details-bin`, alone or anywhere in a text;
/// google.rpc.Status as JSON; what grpcurl, grpcio, grpc-go, grpc-js or `parlance call` print of an error;
/// a line of the server's log; the name of one of our reasons; the name or number of a code. Nothing when
/// there is none in it.
std::optional<Status> find_error(std::string_view text);

}  // namespace parlance::app
