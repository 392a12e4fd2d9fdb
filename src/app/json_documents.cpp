#include "app/json_documents.h"

#include <fmt/format.h>

#include <utility>

namespace parlance::app {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::optional<std::string> JsonSplitter::next() {
  if (at_ == 0) skip_space();
  if (!scan()) return std::nullopt;
  return take();
}

std::expected<std::optional<std::string>, std::string> JsonSplitter::finish() {
  if (std::optional<std::string> document = next()) return document;
  if (text_.empty()) return std::nullopt;
  if (depth_ > 0 || in_string_) {
    return std::unexpected{fmt::format("the JSON that begins on line {} is not complete", document_line_)};
  }
  return take();
}

void JsonSplitter::skip_space() {
  std::size_t begin = 0;
  while (begin < text_.size() && is_space(text_[begin])) line_ += text_[begin++] == '\n' ? 1 : 0;
  text_.erase(0, begin);
  document_line_ = line_;
}

// Goes on where the last piece ended; true when text_[0, at_) is a whole document.
bool JsonSplitter::scan() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (in_string_) {
      ++at_;
      if (std::exchange(escaped_, !escaped_ && c == '\\')) continue;
      if (c != '"') continue;
      in_string_ = false;
      if (depth_ == 0) return true;
      continue;
    }
    const bool is_opening = c == '{' || c == '[' || c == '"';
    if (depth_ == 0 && at_ > 0 && (is_opening || is_space(c))) return true;  // behind a number or a word
    ++at_;
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && --depth_ <= 0) return true;
  }
  return false;
}

std::string JsonSplitter::take() {
  std::string document = text_.substr(0, at_);
  for (const char c : document) line_ += c == '\n' ? 1 : 0;
  text_.erase(0, at_);
  at_ = 0;
  depth_ = 0;
  in_string_ = escaped_ = false;
  return document;
}

JsonDocuments JsonDocuments::of_text(std::string text) {
  return JsonDocuments{[text = std::move(text)]() mutable { return std::exchange(text, {}); }};
}

std::expected<std::optional<std::string>, std::string> JsonDocuments::next() {
  while (!ended_) {
    if (std::optional<std::string> document = splitter_.next()) return document;
    const std::string piece = more_();
    splitter_.feed(piece);
    ended_ = piece.empty();
  }
  return splitter_.finish();
}

}  // namespace parlance::app
