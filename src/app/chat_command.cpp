#include "app/chat_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <expected>
#include <limits>
#include <string>

#include "app/usage.h"
#include "app/values.h"

namespace parlance::app {
namespace {

constexpr float kMostTemperature = 2;  // as the sampler has it

std::expected<void, std::string> read(ChatCommand& given) {
  if (const auto read = read_client_flags(given.flags, given.request.server); !read) return read;
  if (!given.max_tokens.empty()) {
    const auto number = parse_count(given.max_tokens, std::numeric_limits<std::int32_t>::max());
    if (!number) return std::unexpected{fmt::format("--max-tokens: {}", number.error())};
    given.request.max_tokens = static_cast<std::int32_t>(*number);
  }
  if (!given.temperature.empty()) {
    const auto number = parse_number(given.temperature, 0, kMostTemperature);
    if (!number) return std::unexpected{fmt::format("--temperature: {}", number.error())};
    given.request.temperature = *number;
  }
  if (!given.top_p.empty()) {
    const auto number = parse_number(given.top_p, 0, 1);
    if (!number) return std::unexpected{fmt::format("--top-p: {}", number.error())};
    given.request.top_p = *number;
  }
  return {};
}

}  // namespace

CLI::App* add_chat(CLI::App& app, ChatCommand& given) {
  ChatRequest& request = given.request;
  CLI::App* chat = app.add_subcommand("chat", "Text from a model of a server, as it is made.");
  request.server.target = kDefaultChatTarget;
  chat->add_option("TARGET", request.server.target,
                   "host:port, ipv4:…, ipv6:…, unix:/path. Default:\nlocalhost:50051");
  chat->add_option("--model", request.model, "Default: the only one of the server that makes text")
      ->type_name("NAME");
  chat->add_option("--prompt", request.prompt, "Print what goes on with this text, and end")
      ->type_name("TEXT");
  chat->add_option("--max-tokens", given.max_tokens, "Of each answer, at most. Default: the model's own")
      ->type_name("NUMBER");
  chat->add_option("--temperature", given.temperature,
                   "How much chance decides; 0: the likeliest token each\ntime. Default: 0.7")
      ->type_name("NUMBER");
  chat->add_option("--top-p", given.top_p,
                   "Only the likeliest tokens that have this\nprobability together. Default: all")
      ->type_name("NUMBER");
  add_connection_flags(*chat, request.server, given.flags,
                       "Give up an answer after this time, as in 500ms or\n2s. Default: none");
  chat->footer(
      "On a terminal a conversation: each line is sent behind all that was said before, the answer\n"
      "is printed as it is made, and Ctrl-C ends it. /help lists the commands. Elsewhere each line\n"
      "of stdin is a prompt by itself, and stdout has the text alone.\n"
      "\n"
      "Examples:\n"
      "  parlance chat\n"
      "  parlance chat localhost:50051 --model storyteller --temperature 0.9\n"
      "  parlance chat --prompt 'It was a fine morning, and' --max-tokens 40\n"
      "  parlance chat host:443 --tls -H 'authorization: Bearer …' < prompts.txt\n"
      "\n"
      "The exit code is the gRPC status of the call that failed: 3 INVALID_ARGUMENT, 5 NOT_FOUND,\n"
      "14 UNAVAILABLE and so on; 0 if none did, 64 wrong usage.");
  return chat;
}

int run_chat(ChatCommand& given) {
  if (const auto checked = read(given); !checked) return usage_error(checked.error());
  return chat(given.request);
}

}  // namespace parlance::app
