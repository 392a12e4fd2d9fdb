#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::app {

/// Cuts a text that comes in pieces into JSON documents that follow one another, with or without white space
/// between them. Looks at brackets and strings only: whether a document is right is its reader's to say.
class JsonSplitter {
 public:
  void feed(std::string_view piece) { text_ += piece; }

  /// The next document that is complete; a number or word at the top level is complete once something stands
  /// behind it. Nothing: feed more.
  std::optional<std::string> next();
  /// The last document, when the text ends without white space behind it. The error says that it is cut off.
  std::expected<std::optional<std::string>, std::string> finish();

  /// The line, from 1, on which the last document given began.
  int line() const { return document_line_; }

 private:
  bool scan();
  void skip_space();
  std::string take();

  std::string text_;
  std::size_t at_ = 0;  // looked at so far
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  int line_ = 1;
  int document_line_ = 1;
};

/// JSON documents, one by one, from wherever their text comes.
class JsonDocuments {
 public:
  /// Gives the next piece of the text, perhaps after waiting for it; empty at the end.
  using More = std::function<std::string()>;

  explicit JsonDocuments(More more) : more_(std::move(more)) {}
  static JsonDocuments of_text(std::string text);

  /// The next document; nothing at the end. The error says what is wrong and on which line.
  std::expected<std::optional<std::string>, std::string> next();
  int line() const { return splitter_.line(); }

 private:
  More more_;
  JsonSplitter splitter_;
  bool ended_ = false;
};

}  // namespace parlance::app
