#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/call_target.h"

namespace parlance::app {

inline constexpr const char* kDefaultChatTarget = "localhost:50051";
inline constexpr float kDefaultChatTemperature = 0.7F;

/// What `parlance chat` can be told.
struct ChatRequest {
  CallTarget server;            // the timeout is of each answer
  std::string model;            // empty: the only one of the server that makes text
  std::int32_t max_tokens = 0;  // 0: the model's own
  float temperature = kDefaultChatTemperature;
  float top_p = 0;  // 0: the server's
  std::optional<std::string> prompt;
};

/// `parlance chat`: on a terminal a conversation; with a prompt that one answer; else an answer to each line
/// of stdin, the text on stdout and nothing else. Returns the exit code: 0, the gRPC status code of the call
/// that failed, or one of exit_codes.h.
int chat(const ChatRequest& request);

}  // namespace parlance::app
