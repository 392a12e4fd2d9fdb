#include "wire/regular.h"

#include <map>
#include <string>

#include "wire/encoding.h"

namespace parlance::wire {
namespace {

void append_varint(std::string& to, std::uint64_t value) {
  std::byte bytes[10];
  std::byte* const end = bytes + sizeof bytes;
  to += as_text({put_varint(end, value), end});
}

void append_field(std::string& to, std::uint32_t number, std::string_view value) {
  append_varint(to, make_tag(number, WireType::kBytes));
  append_varint(to, value.size());
  to += value;
}

std::string rewritten(Bytes message, const Schema& schema);

/// Rewrites one message.
class Rewriter {
 public:
  explicit Rewriter(const Schema& schema) : schema_(schema) {}

  std::string rewrite(Bytes message) {
    const std::byte* at = message.data();
    const std::byte* const end = at + message.size();
    for (Context trusted{.trusted = true}; at != end;) {
      const std::byte* const start = at;
      std::uint32_t tag = 0;
      const std::byte* const value = read_tag(at, end, tag, trusted);
      at = skip_trusted(value, end, tag);
      take({start, at}, {value, at}, tag);
    }
    for (const auto& [number, parts] : gathered_) finish(*schema_.find(number), parts);
    return std::move(out_);
  }

 private:
  // `whole` is the field with its tag, `value` the field without.
  void take(Bytes whole, Bytes value, std::uint32_t tag) {
    const FieldSchema* field = schema_.reads(tag);
    if (field == nullptr) {
      out_ += as_text(whole);
      return;
    }
    if (field->oneof != 0) forget_others(*field);
    switch (field->shape) {
      case Shape::kScalar:
      case Shape::kText:
      case Shape::kRepeatedText:
        out_ += as_text(whole);
        return;
      case Shape::kRepeatedMessage:
        append_field(out_, field->number, rewritten(content(value), *field->message));
        return;
      case Shape::kMessage:
        gathered_[field->number] += as_text(content(value));
        return;
      case Shape::kRepeatedScalar:
        gathered_[field->number] += as_text(type_of(tag) == field->type ? value : content(value));
        return;
    }
  }

  // A message in a oneof begins anew once another member was set.
  void forget_others(const FieldSchema& field) {
    std::erase_if(gathered_, [&](const auto& entry) {
      return entry.first != field.number && schema_.find(entry.first)->oneof == field.oneof;
    });
  }

  void finish(const FieldSchema& field, std::string_view parts) {
    if (field.shape == Shape::kMessage) {
      append_field(out_, field.number, rewritten(as_bytes(parts), *field.message));
    } else {
      append_field(out_, field.number, parts);
    }
  }

  static Bytes content(Bytes value) {
    Context trusted{.trusted = true};
    std::size_t size_bytes = 0;
    const std::byte* const at = read_length(value.data(), value.data() + value.size(), size_bytes, trusted);
    return {at, size_bytes};
  }

  const Schema& schema_;
  std::string out_;
  std::map<std::uint32_t, std::string> gathered_;  // by number: what is put together until the end
};

std::string rewritten(Bytes message, const Schema& schema) { return Rewriter{schema}.rewrite(message); }

}  // namespace

Buffer regular_form(Bytes message, const Schema& schema) { return Buffer::adopt(rewritten(message, schema)); }

}  // namespace parlance::wire
