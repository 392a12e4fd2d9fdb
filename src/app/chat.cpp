#include "app/chat.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>
#include <expected>
#include <iostream>
#include <string_view>
#include <utility>

#include "app/chat_answer.h"
#include "app/chat_session.h"
#include "app/exit_codes.h"
#include "app/status_text.h"
#include "app/text_models.h"
#include "app/usage.h"

namespace parlance::app {
namespace {

int fail_with(const Status& status) {
  std::fputs(status_text(status).c_str(), stderr);
  return static_cast<int>(status.code());
}

std::string why_not_one(const std::vector<std::string>& models) {
  if (models.empty()) return "the server has no model that makes text";
  return fmt::format("the server has several models that make text: {}; choose one with --model",
                     fmt::join(models, ", "));
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// What is not a conversation: answers alone.
class Answers {
 public:
  Answers(const Channel& channel, inference::GenerateRequest request, const CallOptions& options)
      : client_(channel), request_(std::move(request)), options_(options) {}

  int to(const std::string& prompt) {
    request_.set_prompt(prompt);
    const Answer answer = ask(client_, request_, options_, print, nullptr);
    if (!answer.text.empty()) print("\n");
    return answer.status.ok() ? kExitOk : fail_with(answer.status);
  }

  int to_lines() {
    for (std::string line; std::getline(std::cin, line);) {
      if (line.empty()) continue;
      if (const int exit_code = to(line); exit_code != kExitOk) return exit_code;
    }
    return kExitOk;
  }

 private:
  const inference::InferenceService::Client client_;
  inference::GenerateRequest request_;
  const CallOptions options_;
};

}  // namespace

int chat(const ChatRequest& request) {
  const auto metadata = metadata_of(request.server);
  if (!metadata) return usage_error(metadata.error());
  const Channel channel = Channel::open(request.server.target, channel_options(request.server));
  const CallOptions options{.timeout = request.server.timeout, .metadata = &*metadata};

  inference::GenerateRequest message;
  message.set_model_name(request.model);
  message.set_max_tokens(request.max_tokens);
  message.set_temperature(request.temperature);
  message.set_top_p(request.top_p);
  if (request.model.empty()) {
    const auto models = text_models(channel, options);
    if (!models) return fail_with(models.error());
    if (models->size() != 1) return usage_error(why_not_one(*models));
    message.set_model_name(models->front());
  }

  if (request.prompt) return Answers{channel, std::move(message), options}.to(*request.prompt);
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    return Answers{channel, std::move(message), options}.to_lines();
  ChatSession{channel, std::move(message), options}.run();
  return kExitOk;
}

}  // namespace parlance::app
