#pragma once

#include <string>

#include "app/call_target.h"
#include "app/json_messages.h"

namespace parlance::app {

/// What `parlance call` can be told.
struct CallRequest : CallTarget {  // no method with list or describe; no data: {}, or no request of a stream
  bool list = false;               // the services, or with `method` naming a service its methods
  std::string describe;            // a symbol
  bool verbose = false;
  JsonStyle style;
};

/// `parlance call`: responses to stdout, everything else to stderr. Returns the exit code: the gRPC status
/// code of the call, or one of exit_codes.h.
int call(const CallRequest& request);

}  // namespace parlance::app
