#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parlance::app {

/// What a line typed into `parlance chat` asks for.
enum class ChatAction : std::uint8_t { kSay, kStats, kNew, kModel, kHelp, kQuit, kUnknown };

struct ChatLine {
  ChatAction action;
  std::string argument;  // of kSay the line, of kModel the name or nothing, of kUnknown what is wrong with it
};

/// A line that begins with '/' is a command; every other one is text.
ChatLine parse_chat_line(std::string_view line);

/// The commands, a line each.
std::string chat_help();

/// What was said so far, as one text that a model goes on with: lines typed and answers, in turn. A line
/// typed begins a line of the text.
class ChatText {
 public:
  /// Nothing typed: the text goes on as it stands.
  void add_line(std::string_view line);
  void add_answer(std::string_view text);
  /// Leaves out the first half of what came before the line typed last, up to the border of a word. False
  /// when nothing came before.
  bool forget_half();
  void clear();

  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t last_line_ = 0;  // where it begins
};

/// `text` with nothing that a terminal would obey: control characters but the end of a line and the tab are
/// U+FFFD. `text` is UTF-8, cut between characters.
std::string for_terminal(std::string_view text);

}  // namespace parlance::app
