#pragma once

#include <coroutine>
#include <cstddef>

#include "net/loop.h"

namespace parlance::dialects {

/// Runs that one call has made on an event loop before others on it have their turn.
inline constexpr std::size_t kRunsPerTurn = 8;

/// `co_await NextTurn{loop}`: lets the loop do what else is due.
struct NextTurn {
  net::Loop& loop;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    loop.post([waiting] { waiting.resume(); });
  }
  void await_resume() const {}
};

}  // namespace parlance::dialects
