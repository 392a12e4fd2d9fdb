#pragma once

#include <string_view>

#include "base/status.h"

namespace parlance::detail {

// What a server's call ends with that neither its handler nor its messages decide.

/// The deadline passed before the call was complete.
Status deadline_passed();
/// A method that takes one request message was sent `observed` ("none", "more than one"): UNIMPLEMENTED, as
/// gRPC's list of status codes has it.
Status request_cardinality(std::string_view observed);
/// The caller cancelled, or its connection is gone. Nobody but interceptors sees it.
Status caller_left();
/// Interceptors made OK of a call that has no response to send.
Status no_response();
/// `who` ("the handler") let an exception out; its text is for the log.
Status exception_left(std::string_view who);

}  // namespace parlance::detail
