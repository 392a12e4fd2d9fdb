#pragma once

#include <exception>
#include <utility>

#include "base/status.h"
#include "rpc/task.h"

namespace parlance::detail {

/// A task that throws `what` when it is awaited: of a function that threw instead of returning its task.
inline Task<Status> thrown(std::exception_ptr what) {
  std::rethrow_exception(std::move(what));
  co_return Status{};
}

}  // namespace parlance::detail
