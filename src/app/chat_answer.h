#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/chat_stats.h"
#include "app/interrupts.h"
#include "base/status.h"
#include "parlance/inference.parlance.h"
#include "rpc/call_options.h"

namespace parlance::app {

/// What became of one Generate.
struct Answer {
  std::string text;
  AnswerFigures figures;
  bool stopped = false;  // by an interrupt; the status is then CANCELLED, as a rule
  Status status;
};

/// Calls Generate and gives each piece of the text to `show` as it comes. An interrupt, where `interrupts` is
/// not null, cancels the call.
Answer ask(const inference::InferenceService::Client& client, const inference::GenerateRequest& request,
           const CallOptions& options, const std::function<void(std::string_view)>& show,
           Interrupts* interrupts);

}  // namespace parlance::app
