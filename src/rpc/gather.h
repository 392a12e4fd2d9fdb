#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "net/loop.h"
#include "rpc/call_scope.h"

namespace parlance::detail {

/// Asks several loops and awaits all their answers, on the loop of the coroutine that asks:
///
///   Gather<Part> gather;
///   for (…) gather.ask(handle, look);          // `look` runs on that loop
///   std::vector<Part> parts = co_await gather;
///
/// A loop that is gone, or that has nothing to say (nullopt), is left out. Answers come in no order.
template <typename Part>
class Gather {
 public:
  using Look = std::move_only_function<std::optional<Part>()>;

  Gather() = default;
  Gather(const Gather&) = delete;
  Gather& operator=(const Gather&) = delete;

  void ask(net::LoopHandle loop, Look look) { questions_.emplace_back(std::move(loop), std::move(look)); }

  bool await_ready() const { return questions_.empty(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    auto round = std::make_shared<Round>(*this, Waiter{waiter}, net::Loop::current()->handle());
    auto questions = std::exchange(questions_, {});
    for (auto& [loop, look] : questions) {
      loop.post([round, look = std::move(look)]() mutable { round->take(look()); });
    }
  }
  std::vector<Part> await_resume() { return std::move(parts_); }

 private:
  // Held by every question; when the last is answered, or dropped by a loop that is gone, the answers go
  // home.
  class Round {
   public:
    Round(Gather& gather, Waiter waiter, net::LoopHandle home)
        : gather_(gather), waiter_(waiter), home_(std::move(home)) {}
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;
    ~Round() {
      home_.post([gather = &gather_, waiter = waiter_, parts = std::move(parts_)]() mutable {
        gather->parts_ = std::move(parts);
        waiter.resume();
      });
    }

    void take(std::optional<Part> part) {
      if (!part) return;
      const std::lock_guard lock{mutex_};
      parts_.push_back(*std::move(part));
    }

   private:
    Gather& gather_;
    Waiter waiter_;
    const net::LoopHandle home_;
    std::mutex mutex_;
    std::vector<Part> parts_;
  };

  std::vector<std::pair<net::LoopHandle, Look>> questions_;
  std::vector<Part> parts_;
};

}  // namespace parlance::detail
