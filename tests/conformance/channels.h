#pragma once

#include <map>
#include <mutex>

#include "connectrpc/conformance/v1/client_compat.pb.h"
#include "exchange.h"
#include "rpc/channel.h"

namespace parlance::conformance {

/// One channel for each server and way to talk to it, so that many calls share a connection. From any thread.
class Channels {
 public:
  Channel to(const v1::ClientCompatRequest& request);

 private:
  ChannelOptions options_for(const v1::ClientCompatRequest& request);

  std::mutex mutex_;
  CertificateFolder folder_;
  std::map<std::string, Channel> channels_;
};

}  // namespace parlance::conformance
