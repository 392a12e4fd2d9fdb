#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rpc/client_interceptor.h"
#include "rpc/server_interceptor.h"
#include "services/binary_log_file.h"
#include "services/binary_log_filter.h"

namespace parlance::services {

/// gRPC's binary log (A16): what happens on the calls that the filter chooses, as entries of
/// grpc.binarylog.v1.
///
/// What lets somebody in is never written: metadata named `authorization`, `proxy-authorization`, `cookie` or
/// `set-cookie`, or with "token", "secret", "password", "api-key" or "credential" in the name, are left out,
/// and so is what `secret_metadata` names. Messages are written as they are, up to the filter's limit.
///
/// Server headers are logged with the first response message, so a call without one has none; half-closes are
/// not logged. A call that its caller left, or whose deadline passed, ends with CANCEL in place of its
/// trailer.
struct BinaryLogOptions {
  BinaryLogFilter filter;
  /// Lower-case names.
  std::vector<std::string> secret_metadata = {};
};

/// For ServerOptions::interceptors; outermost, it sees what callers see.
std::shared_ptr<ServerInterceptor> make_server_binary_log(std::shared_ptr<BinaryLogFile> file,
                                                          BinaryLogOptions options);

/// For ChannelOptions::interceptors; innermost, it sees what is sent. A call is one, whatever attempts it
/// takes; one that ends with CANCELLED has left no trailer, whoever cancelled it.
std::shared_ptr<ClientInterceptor> make_client_binary_log(std::shared_ptr<BinaryLogFile> file,
                                                          BinaryLogOptions options);

}  // namespace parlance::services
