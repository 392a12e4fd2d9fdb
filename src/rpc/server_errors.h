#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"

namespace parlance::detail {

// What a server's call ends with that neither its handler nor its messages decide.

// Each has hop `server`.

/// Whose wish the deadline is that a call has.
enum class DeadlineGiver : std::uint8_t { kCaller, kDefaultTimeout, kMaxTimeout };

/// The deadline passed before the call was complete.
Status deadline_passed(DeadlineGiver giver, Duration given);
/// A method that takes one request message was sent none, or more than one: UNIMPLEMENTED, as gRPC's list of
/// status codes has it.
Status request_missing();
Status request_not_single();
/// `status` says what is wrong with the request: where it was found.
Status of_request(const Status& status);
/// The server ends its calls.
Status server_shutdown(Duration grace);
/// A request whose headers were not read to their end.
Status request_headers_too_large(std::size_t limit_bytes);
/// The caller cancelled, or its connection is gone. Nobody but interceptors sees it.
Status caller_left();
/// Interceptors made OK of a call that has no response to send.
Status no_response();
/// One of these let an exception out; its text is for the log.
enum class Thrower : std::uint8_t { kHandler, kInterceptor };
std::string_view to_string(Thrower who);
Status exception_left(Thrower who);

}  // namespace parlance::detail
