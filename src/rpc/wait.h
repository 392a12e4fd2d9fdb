#pragma once

#include <semaphore>

#include "net/loop.h"
#include "rpc/task.h"

namespace parlance {

/// Starts `task` on `loop` and forgets it; what it throws ends the process. From any thread.
void spawn(net::Loop& loop, Task<void> task);

namespace detail {

/// That this thread may block: it runs no loop.
void require_may_block();

template <typename T>
struct Waiting {
  Task<T>* task;
  std::binary_semaphore done{0};
  static void finished(void* self) { static_cast<Waiting*>(self)->done.release(); }
};

/// Blocks until `task` has run on `loop`.
template <typename T>
T wait_on(net::Loop& loop, Task<T> task) {
  require_may_block();
  Waiting<T> waiting{&task};
  loop.post([&waiting] { waiting.task->start(&Waiting<T>::finished, &waiting); });
  waiting.done.acquire();
  return task.take();
}

}  // namespace detail

template <typename T>
T Task<T>::wait() && {
  return detail::wait_on(net::background_loop(), std::move(*this));
}

}  // namespace parlance
