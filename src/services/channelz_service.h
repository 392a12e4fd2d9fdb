#pragma once

#include <memory>

#include "rpc/service.h"

namespace parlance::services {

/// `grpc.channelz.v1.Channelz` (gRPC A14), to be added to a server: every server and channel of the process
/// with their connections and figures, whoever made them. Figures are counted where calls run and collected
/// from the loops when somebody asks, so an answer is not of one moment. A channel's subchannels are those of
/// every loop that makes calls on it; a subchannel's calls are attempts.
///
/// Addresses, targets and figures are no business of strangers: serve it where only operators come.
///
/// Lists begin at the id asked for and end after `max_results`, 100 when that is zero and never more than
/// 1000. An id that means nothing (any more) is NOT_FOUND, a negative one INVALID_ARGUMENT.
std::shared_ptr<Service> make_channelz_service();

}  // namespace parlance::services
