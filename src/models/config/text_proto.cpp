#include "models/config/text_proto.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <cctype>

namespace parlance::models::config {
namespace {

/// Keeps the first error. The parser skips fields it does not know with a warning: those of Opaque may be
/// skipped.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& name) : name_(name) {}

  void AddError(int line, google::protobuf::io::ColumnNumber, const std::string& message) override {
    if (first_.ok())
      first_ = {StatusCode::kFailedPrecondition, fmt::format("{}:{}: {}", name_, line + 1, message)};
  }
  void AddWarning(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (message.find(".Opaque\"") == std::string::npos) AddError(line, column, message);
  }
  const Status& first() const { return first_; }

 private:
  const std::string& name_;
  Status first_;
};

/// With a colon between a field's name and a list: the parser wants one in fields that it skips.
std::string with_colons(const std::string& text) {
  std::string out;
  char quote = 0;  // of the string we are in
  bool in_comment = false;
  std::size_t name_end = 0;  // in `out`, behind the last name; 0: something else came after it
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size()) out += text[i++];
      if (c == quote) quote = 0;
    } else if (in_comment) {
      in_comment = c != '\n';
    } else if (c == '[' && name_end > 0) {
      out.insert(name_end, ":");
      name_end = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
      name_end = 0;
    } else if (c == '#') {
      in_comment = true;
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_') {
      name_end = out.size() + 1;
    } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      if (name_end == out.size()) name_end = out.size() + 1;
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      name_end = 0;
    }
    out += text[i];
  }
  return out;
}

}  // namespace

Status read_text_proto(const std::string& text, const std::string& name, google::protobuf::Message& message) {
  FirstError errors{name};
  google::protobuf::TextFormat::Parser parser;
  parser.AllowUnknownField(true);
  parser.AllowUnknownExtension(true);
  parser.RecordErrorsTo(&errors);
  const bool parsed = parser.ParseFromString(with_colons(text), &message);
  if (!errors.first().ok()) return errors.first();
  if (!parsed)
    return {StatusCode::kFailedPrecondition, fmt::format("{}: is not protobuf's text format", name)};
  return {};
}

}  // namespace parlance::models::config
