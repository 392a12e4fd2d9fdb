#include "rpc/call_scope.h"

namespace parlance::detail {
namespace {

thread_local ServerCall* current = nullptr;

}  // namespace

ServerCall* current_call() { return current; }

CallScope::CallScope(ServerCall* call) : before_(std::exchange(current, call)) {}

CallScope::~CallScope() { current = before_; }

}  // namespace parlance::detail
