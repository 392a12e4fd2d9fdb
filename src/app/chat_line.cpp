#include "app/chat_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/spelling.h"
#include "base/trimmed.h"

namespace parlance::app {
namespace {

struct Command {
  ChatAction action;
  std::string_view name;
  std::string_view argument;
  std::string_view help;
};

constexpr Command kCommands[] = {
    {ChatAction::kStats, "/stats", "", "tokens, tokens a second, time to the first token"},
    {ChatAction::kNew, "/new", "", "forget what was said"},
    {ChatAction::kModel, "/model", "NAME", "another model from now on; without a name: which there are"},
    {ChatAction::kHelp, "/help", "", "this list"},
    {ChatAction::kQuit, "/quit", "", "leave, as Ctrl-D does"},
};

constexpr std::string_view kBlank = " \t\r";

ChatLine unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  const std::string_view close = nearest(name, names);
  return {ChatAction::kUnknown,
          fmt::format("there is no command '{}'{}", name,
                      close.empty() ? "; /help lists them" : fmt::format("; did you mean '{}'?", close))};
}

bool is_control(unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7F; }

}  // namespace

ChatLine parse_chat_line(std::string_view line) {
  if (!line.starts_with('/')) return {ChatAction::kSay, std::string{line}};
  const std::string_view words = trimmed(line, kBlank);
  const std::size_t end = std::min(words.find_first_of(kBlank), words.size());
  const std::string_view name = words.substr(0, end);
  const std::string_view argument = trimmed(words.substr(end), kBlank);
  for (const Command& command : kCommands) {
    if (command.name != name) continue;
    if (command.argument.empty() && !argument.empty())
      return {ChatAction::kUnknown, fmt::format("{} takes nothing behind it", name)};
    return {command.action, std::string{argument}};
  }
  return unknown(name);
}

std::string chat_help() {
  std::string text;
  for (const Command& command : kCommands)
    text += fmt::format("  {:<12} {}\n", fmt::format("{} {}", command.name, command.argument), command.help);
  return text +
         "  Ctrl-C       ends the answer; at the prompt, leaves\n"
         "  Enter        alone: the text goes on\n";
}

void ChatText::add_line(std::string_view line) {
  if (line.empty()) {
    last_line_ = text_.size();
    return;
  }
  if (!text_.empty() && !text_.ends_with('\n')) text_ += '\n';
  last_line_ = text_.size();
  text_ += line;
}

void ChatText::add_answer(std::string_view text) { text_ += text; }

bool ChatText::forget_half() {
  if (last_line_ == 0) return false;
  const std::size_t border = text_.find_first_of(" \n", last_line_ / 2);
  const std::size_t end = border < last_line_ ? border + 1 : last_line_;
  text_.erase(0, end);
  last_line_ -= end;
  return true;
}

void ChatText::clear() { *this = {}; }

std::string for_terminal(std::string_view text) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are controls too; of two bytes, C2 and the number.
    const bool is_c1 = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (is_c1) ++i;
    if (is_c1 || is_control(c)) {
      shown += kReplacement;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace parlance::app
