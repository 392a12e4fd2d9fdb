#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "rpc/server_errors.h"
#include "rpc/task.h"

namespace parlance {
struct ServerOptions;
}

namespace parlance::detail {

/// What a call of `method` comes to whose handler (or whoever it was) threw: the status of a MessageError,
/// else one that keeps the text for the server's log. Called from within the catch.
Status status_of_thrown(std::exception_ptr thrown, Thrower who, std::string_view method,
                        const ServerOptions& options);

/// A task that throws `what` when it is awaited: of a function that threw instead of returning its task.
inline Task<Status> thrown(std::exception_ptr what) {
  std::rethrow_exception(std::move(what));
  co_return Status{};
}

}  // namespace parlance::detail
