#include "scheduling/queued_request.h"

#include <algorithm>
#include <utility>

namespace parlance::scheduling {

void Answers::post() {
  while (!requests_.empty()) {
    const net::Loop* loop = requests_.front()->asker->loop();
    const auto others =
        std::stable_partition(requests_.begin(), requests_.end(),
                              [loop](const auto* request) { return request->asker->loop() == loop; });
    std::vector<QueuedRequest*> here(requests_.begin(), others);
    requests_.erase(requests_.begin(), others);
    const net::LoopHandle handle = here.front()->asker->handle();
    handle.post([here = std::move(here)] {
      for (QueuedRequest* request : here) request->asker->answered(*request);
    });
  }
}

}  // namespace parlance::scheduling
