#include "app/chat_answer.h"

#include <atomic>
#include <optional>

#include "rpc/client_call.h"

namespace parlance::app {

Answer ask(const inference::InferenceService::Client& client, const inference::GenerateRequest& request,
           const CallOptions& options, const std::function<void(std::string_view)>& show,
           Interrupts* interrupts) {
  Answer answer;
  std::atomic<bool> stopped = false;
  const TimePoint began = Clock::now();
  auto call = client.Generate(request, options);
  std::optional<OnInterrupt> watch;
  if (interrupts != nullptr) {
    watch.emplace(*interrupts, [&call, &stopped] {
      stopped = true;
      call.cancel();
    });
  }
  inference::GenerateToken token;
  while (call.read_into(token).wait()) {
    if (!token.is_final()) {
      answer.figures.last = Clock::now() - began;
      if (answer.figures.tokens++ == 0) answer.figures.first = answer.figures.last;
    }
    answer.text += token.token();
    show(token.token());
  }
  answer.status = call.finish().wait();
  watch.reset();
  answer.stopped = stopped;
  return answer;
}

}  // namespace parlance::app
