#include "app/json_layout.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace parlance::app {
namespace {

// A value of the text: a scalar, or a list or object with its parts.
struct Value {
  char opening = 0;      // '[' or '{'; 0: a scalar
  std::string_view key;  // with its quotes; of an object's part
  std::string_view scalar;
  std::vector<Value> parts;

  bool is_list_of_scalars() const {
    return opening == '[' && std::ranges::all_of(parts, [](const Value& part) { return part.opening == 0; });
  }
};

class Reader {
 public:
  explicit Reader(std::string_view json) : rest_(json) {}

  Value read_value() {
    if (rest_.front() != '[' && rest_.front() != '{') return {.scalar = take_scalar()};
    Value value{.opening = rest_.front()};
    const char closing = value.opening == '[' ? ']' : '}';
    rest_.remove_prefix(1);
    while (rest_.front() != closing) {
      std::string_view key;
      if (closing == '}') {
        key = take_scalar();
        rest_.remove_prefix(1);  // ':'
      }
      value.parts.push_back(read_value());
      value.parts.back().key = key;
      if (rest_.front() == ',') rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    return value;
  }

 private:
  std::string_view take_scalar() {
    std::size_t size = 1;
    if (rest_.front() == '"') {
      while (rest_[size] != '"') size += rest_[size] == '\\' ? 2 : 1;
      ++size;
    } else {
      size = std::min(rest_.find_first_of(",]}"), rest_.size());
    }
    const std::string_view scalar = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return scalar;
  }

  std::string_view rest_;
};

class Writer {
 public:
  explicit Writer(std::size_t columns) : columns_(columns) {}

  // `column` is where the line stands; `after` how much must follow on it.
  void write(const Value& value, std::size_t indent, std::size_t column) {
    std::string line = on_one_line(value);
    if (value.opening == 0 || value.parts.empty() || column + line.size() < columns_) {
      text_ += line;
    } else if (value.is_list_of_scalars()) {
      write_filled(value, indent);
    } else {
      write_parts(value, indent);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string head_of(const Value& value) {
    return value.key.empty() ? std::string{} : std::string{value.key} + ": ";
  }

  static std::string on_one_line(const Value& value) {
    if (value.opening == 0) return std::string{value.scalar};
    std::string line{value.opening};
    for (const Value& part : value.parts) {
      if (line.size() > 1) line += ", ";
      line += head_of(part) + on_one_line(part);
    }
    return line + (value.opening == '[' ? ']' : '}');
  }

  void new_line(std::size_t indent) { text_ += "\n" + std::string(indent, ' '); }

  void write_parts(const Value& value, std::size_t indent) {
    text_ += value.opening;
    for (const Value& part : value.parts) {
      new_line(indent + 2);
      const std::string head = head_of(part);
      text_ += head;
      write(part, indent + 2, indent + 2 + head.size());
      if (&part != &value.parts.back()) text_ += ',';
    }
    new_line(indent);
    text_ += value.opening == '[' ? ']' : '}';
  }

  void write_filled(const Value& value, std::size_t indent) {
    text_ += '[';
    std::size_t column = columns_;
    for (const Value& part : value.parts) {
      const std::size_t size = part.scalar.size() + 2;  // and ", "
      if (column + size > columns_) {
        if (text_.back() == ' ') text_.pop_back();
        new_line(indent + 2);
        column = indent + 2;
      }
      text_ += part.scalar;
      if (&part != &value.parts.back()) text_ += ", ";
      column += size;
    }
    new_line(indent);
    text_ += ']';
  }

  const std::size_t columns_;
  std::string text_;
};

}  // namespace

std::string layout_json(std::string_view json, std::size_t columns) {
  Writer writer{columns};
  if (!json.empty()) writer.write(Reader{json}.read_value(), 0, 0);
  return writer.take() + "\n";
}

}  // namespace parlance::app
