#include "channels.h"

#include "base/concat.h"

namespace parlance::conformance {

ChannelOptions Channels::options_for(const v1::ClientCompatRequest& request) {
  // One request for each case: the suite counts them.
  ChannelOptions options{.enable_retries = false};
  if (request.message_receive_limit() > 0)
    options.max_receive_message_bytes = request.message_receive_limit();
  if (request.server_tls_cert().empty()) return options;
  options.tls.emplace();
  options.tls->ca_file = folder_.store(request.server_tls_cert());
  if (request.has_client_tls_creds()) {
    options.tls->certificate_file = folder_.store(request.client_tls_creds().cert());
    options.tls->key_file = folder_.store(request.client_tls_creds().key());
  }
  return options;
}

Channel Channels::to(const v1::ClientCompatRequest& request) {
  const std::string target = concat(request.host(), ":", request.port());
  const std::string key = concat(target, " ", request.message_receive_limit(), request.server_tls_cert(),
                                 request.client_tls_creds().SerializeAsString());
  const std::scoped_lock lock{mutex_};
  if (const auto found = channels_.find(key); found != channels_.end()) return found->second;
  return channels_.emplace(key, Channel::open(target, options_for(request))).first->second;
}

}  // namespace parlance::conformance
