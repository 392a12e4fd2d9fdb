#pragma once

#include <iterator>

#include "wire/scan.h"

namespace parlance::wire {

/// The fields of a message that its type does not know, as they lie, in the order of the wire.
class UnknownFields {
 public:
  struct Field {
    std::uint32_t number = 0;
    WireType type = WireType::kVarint;
    Bytes bytes;  // with the tag
  };

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const std::byte* at, const std::byte* end, const Schema* schema)
        : at_(at), next_(at), end_(end), schema_(schema) {
      advance();
    }
    const Field& operator*() const { return field_; }
    const Field* operator->() const { return &field_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void advance();
    const std::byte* at_ = nullptr;  // of the field shown; end_ behind the last
    const std::byte* next_ = nullptr;
    const std::byte* end_ = nullptr;
    const Schema* schema_ = nullptr;
    Field field_{};
  };

  UnknownFields() = default;
  /// `message` was checked before.
  UnknownFields(Bytes message, const Schema& schema) : message_(message), schema_(&schema) {}

  Iterator begin() const { return {message_.data(), message_.data() + message_.size(), schema_}; }
  Iterator end() const {
    const std::byte* const end = message_.data() + message_.size();
    return {end, end, schema_};
  }
  bool empty() const { return message_.empty() || begin() == end(); }
  /// Of all of them together.
  std::size_t size_bytes() const { return message_.empty() ? 0 : measured(); }

  /// Writes them before `end`, in their order, and returns where they begin.
  std::byte* put(std::byte* end) const { return message_.empty() ? end : copied_before(end); }

 private:
  std::size_t measured() const;
  std::byte* copied_before(std::byte* end) const;

  Bytes message_;
  const Schema* schema_ = nullptr;
};

}  // namespace parlance::wire
