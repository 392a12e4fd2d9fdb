#include "app/chat_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <utility>

#include "app/status_text.h"
#include "app/terminal_input.h"
#include "app/text_models.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void show_piece(std::string_view text) { print(for_terminal(text)); }

bool is_too_long(const Status& status) {
  const auto info = grpc::error_info(status);
  return info && info->reason == "PROMPT_TOO_LONG";
}

}  // namespace

ChatSession::ChatSession(const Channel& channel, inference::GenerateRequest request, CallOptions options)
    : channel_(channel), client_(channel), request_(std::move(request)), options_(options) {}

void ChatSession::run() {
  print(fmt::format("{} goes on with what you write. /help, /quit; Ctrl-C ends an answer.\n",
                    for_terminal(request_.model_name())));
  TerminalInput input{interrupts_};
  while (true) {
    interrupts_.take();  // one too late for the last answer is not for this prompt
    print("> ");
    const auto line = input.next_line();
    if (!line) return print("\n");
    if (!obey(parse_chat_line(*line))) return;
  }
}

bool ChatSession::obey(const ChatLine& line) {
  switch (line.action) {
    case ChatAction::kSay:
      say(line.argument);
      break;
    case ChatAction::kStats:
      print(stats_.text());
      break;
    case ChatAction::kNew:
      text_.clear();
      break;
    case ChatAction::kModel:
      line.argument.empty() ? show_models() : change_model(line.argument);
      break;
    case ChatAction::kHelp:
      print(chat_help());
      break;
    case ChatAction::kUnknown:
      print(line.argument + "\n");
      break;
    case ChatAction::kQuit:
      return false;
  }
  return true;
}

void ChatSession::say(const std::string& line) {
  const ChatText before = text_;
  text_.add_line(line);
  if (text_.text().empty()) return;
  const Answer answer = answer_to_text();
  stats_.add(answer.figures);
  if (answer.text.empty() && !answer.status.ok()) {
    text_ = before;  // else the line that was refused would be sent again with each that follows
  } else {
    text_.add_answer(answer.text);
  }
  if (answer.stopped) return print(" [stopped]\n");
  if (!answer.text.empty()) print("\n");
  if (!answer.status.ok()) print(for_terminal(status_text(answer.status)));
}

Answer ChatSession::answer_to_text() {
  while (true) {
    request_.set_prompt(text_.text());
    Answer answer = ask(client_, request_, options_, show_piece, &interrupts_);
    if (!is_too_long(answer.status) || !text_.forget_half()) return answer;
    print("[the beginning is left out: all of it is more than the model can read]\n");
  }
}

void ChatSession::change_model(const std::string& name) {
  const Result<bool> is_one = makes_text(channel_, name, options_);
  if (!is_one) return print(for_terminal(status_text(is_one.error())));
  if (!*is_one) return print(fmt::format("{} makes no text\n", name));
  request_.set_model_name(name);
}

void ChatSession::show_models() {
  const auto models = text_models(channel_, options_);
  if (!models) return print(for_terminal(status_text(models.error())));
  print(
      for_terminal(fmt::format("{} now; there are: {}\n", request_.model_name(), fmt::join(*models, ", "))));
}

}  // namespace parlance::app
