#include "rpc/wait.h"

#include <memory>

namespace parlance {
namespace {

struct Spawned {
  Task<void> task;
  static void finished(void* self) {
    const std::unique_ptr<Spawned> spawned{static_cast<Spawned*>(self)};
    spawned->task.take();
  }
};

}  // namespace

void spawn(net::Loop& loop, Task<void> task) {
  auto spawned = std::make_unique<Spawned>(std::move(task));
  loop.post([spawned = std::move(spawned)]() mutable {
    Spawned* running = spawned.release();
    running->task.start(&Spawned::finished, running);
  });
}

void detail::require_may_block() {
  require(net::Loop::current() == nullptr, "wait() on a loop's thread would never return; co_await instead");
}

}  // namespace parlance
