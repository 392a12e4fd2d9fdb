#pragma once

#include <string>

namespace parlance::interceptors {

/// Who makes a call, once that is proved. BearerAuth puts it on the call; handlers and the interceptors
/// further in find it:
///
///   const Caller* caller = call.attributes().find<Caller>();   // null: nobody asked for proof
struct Caller {
  /// The name that a static key stands for, or the token's `sub`.
  std::string subject;
  /// The token's `iss`; empty for a static key.
  std::string issuer;
};

}  // namespace parlance::interceptors
