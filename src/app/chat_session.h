#pragma once

#include "app/chat_answer.h"
#include "app/chat_line.h"
#include "app/chat_stats.h"
#include "app/interrupts.h"
#include "rpc/channel.h"

namespace parlance::app {

/// The conversation of `parlance chat` on a terminal.
class ChatSession {
 public:
  /// `request` has the model and how to sample; its prompt is of no account. `options` are those of every
  /// call, and their metadata must outlive the session.
  ChatSession(const Channel& channel, inference::GenerateRequest request, CallOptions options);

  /// Until it is left: by /quit, by Ctrl-C or Ctrl-D at the prompt.
  void run();

 private:
  bool obey(const ChatLine& line);  // false: leave
  void say(const std::string& line);
  Answer answer_to_text();
  void change_model(const std::string& name);
  void show_models();

  const Channel& channel_;
  const inference::InferenceService::Client client_;
  inference::GenerateRequest request_;
  const CallOptions options_;
  Interrupts interrupts_;
  ChatText text_;
  ChatStats stats_;
};

}  // namespace parlance::app
