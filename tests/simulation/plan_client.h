#pragma once

#include "call_plan.h"
#include "rpc/channel.h"
#include "rpc/task.h"

namespace parlance::simulation {

/// The client's side of a plan: makes the call, checks what it reads, and tells the book how it ended. On the
/// loop that runs it. `book` and `record` outlive it.
Task<void> make_call(CallBook& book, CallRecord& record, Channel channel);

}  // namespace parlance::simulation
