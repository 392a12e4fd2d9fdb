#pragma once

#include <exception>

#include "base/buffer.h"
#include "base/status.h"
#include "rpc/server_call.h"
#include "rpc/server_errors.h"

namespace parlance::detail {

/// A call that interceptors run around, as their chain sees it: one of gRPC, or of another protocol that a
/// ConnectionFront speaks.
class InterceptedCall {
 public:
  virtual ServerCall& call() = 0;
  /// The call's own from now on.
  virtual Metadata& mutable_request_metadata() = 0;
  /// Runs the handler as soon as what it needs of the request is there.
  virtual void proceed() = 0;
  virtual bool has_handler() const = 0;
  /// Turns what a handler (or whoever it was) threw into the call's status. Called from within its catch.
  virtual Status status_of_exception(std::exception_ptr thrown, Thrower who) = 0;
  /// The outermost interceptor has returned; `response` is what was held for it (hold_response). Destroys the
  /// chain, and perhaps this.
  virtual void interceptors_ended(Status status, Buffer response) = 0;

 protected:
  ~InterceptedCall() = default;
};

}  // namespace parlance::detail
