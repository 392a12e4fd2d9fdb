#pragma once

#include "wire/message.h"

namespace parlance::wire {

namespace detail {

/// Where the elements of a repeated field lie in their message; other fields may lie between them.
struct Elements {
  const std::byte* first = nullptr;  // the tag of the first one
  const std::byte* end = nullptr;    // behind the last one
  std::uint32_t tag = 0;
  std::uint32_t count = 0;

  void add(const std::byte* start, const std::byte* behind, std::uint32_t of_tag) {
    if (behind == nullptr) return;
    if (count++ == 0) first = start;
    end = behind;
    tag = of_tag;
  }
};

/// Walks over them.
class ElementCursor {
 public:
  ElementCursor() = default;
  explicit ElementCursor(const Elements& of) : at_(of.first), end_(of.end), tag_(of.tag) { find(); }
  /// The element's bytes, from its length on.
  const std::byte* at() const { return at_; }
  const std::byte* end() const { return end_; }
  /// On to the next one.
  void advance() {
    at_ = skip_trusted(at_, end_, tag_);
    find();
  }

 private:
  void find() {
    Context trusted{.trusted = true};
    for (std::uint32_t tag = 0; at_ != end_; at_ = skip_trusted(at_, end_, tag)) {
      at_ = read_tag(at_, end_, tag, trusted);
      if (tag == tag_) return;
    }
  }
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  std::uint32_t tag_ = 0;
};

}  // namespace detail

/// A repeated field of strings, bytes or messages (`Element` is Text, Blob or Message<V>): a forward range of
/// values, each made when it is come to. Keep a message's view rather than asking for it twice.
template <typename Element>
class Repeated {
 public:
  using value_type = typename Element::Value;

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Element::Value;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const detail::Elements& of) : cursor_(of), left_(of.count) {}
    value_type operator*() const {
      Context trusted{.trusted = true};
      typename Element::Stored stored{};
      Element::read(cursor_.at(), cursor_.end(), stored, trusted);
      return Element::value(stored);
    }
    Iterator& operator++() {
      if (--left_ > 0) cursor_.advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return left_ == other.left_; }

   private:
    detail::ElementCursor cursor_;
    std::uint32_t left_ = 0;
  };

  Repeated() = default;

  std::size_t size() const { return elements_.count; }
  bool empty() const { return elements_.count == 0; }
  Iterator begin() const { return empty() ? Iterator{} : Iterator{elements_}; }
  Iterator end() const { return {}; }
  /// Not of an empty field (checked).
  value_type front() const {
    require(!empty(), "Repeated::front: the field is empty");
    return *begin();
  }

  /// For generated code: takes the element behind the tag that begins at `start`.
  const std::byte* read(const std::byte* start, const std::byte* at, const std::byte* end, std::uint32_t tag,
                        Context& context) {
    typename Element::Stored ignored{};
    at = Element::read(at, end, ignored, context);
    elements_.add(start, at, tag);
    return at;
  }

 private:
  detail::Elements elements_;
};

}  // namespace parlance::wire
