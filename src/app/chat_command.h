#pragma once

#include <string>

#include "app/chat.h"
#include "app/client_flags.h"

namespace parlance::app {

/// What the command line gave of `chat`; numbers, times and sizes in its words.
struct ChatCommand {
  ChatRequest request;
  ClientFlags flags;
  std::string max_tokens;
  std::string temperature;
  std::string top_p;
};

/// The command with its flags.
CLI::App* add_chat(CLI::App& app, ChatCommand& given);

/// Checks what was given, and runs it. Returns the exit code.
int run_chat(ChatCommand& given);

}  // namespace parlance::app
