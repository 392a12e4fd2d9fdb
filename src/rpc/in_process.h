#pragma once

#include "rpc/channel.h"
#include "rpc/server.h"

namespace parlance {

/// A channel to `server` inside this process: no socket, no port; the same HTTP/2, deadlines and errors as
/// over the network. For tests, and for programs that are client and server in one. May outlive the server:
/// calls are UNAVAILABLE then.
Channel in_process_channel(const Server& server, ChannelOptions options = {});

}  // namespace parlance
