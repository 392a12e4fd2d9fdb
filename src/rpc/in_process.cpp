#include "rpc/in_process.h"

#include "net/in_process.h"

namespace parlance {

Channel in_process_channel(const Server& server, ChannelOptions options) {
  options.connector = server.in_process_connector();
  return Channel::open(net::InProcessNetwork::endpoint().to_string(), std::move(options));
}

}  // namespace parlance
