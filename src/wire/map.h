#pragma once

#include <optional>
#include <utility>

#include "wire/repeated.h"

namespace parlance::wire {

namespace detail {

// What a key or a value is kept as.
template <typename Part>
struct StoredOf {
  using Type = typename Part::Value;  // a scalar
  static Type value(Type stored) { return stored; }
};
template <typename Part>
  requires requires { typename Part::Stored; }
struct StoredOf<Part> {
  using Type = typename Part::Stored;
  static typename Part::Value value(Type stored) { return Part::value(stored); }
};

inline constexpr std::uint32_t kKeyNumber = 1;
inline constexpr std::uint32_t kValueNumber = 2;

template <typename Key, typename Value>
struct EntryView {
  typename StoredOf<Key>::Type key{};
  typename StoredOf<Value>::Type value{};

  /// Null with the reason in the context. What is neither key nor value is passed over, as libprotobuf does.
  const std::byte* parse(const std::byte* at, const std::byte* end, Context& context) {
    while (at != end && at != nullptr) {
      std::uint32_t tag = 0;
      at = read_tag(at, end, tag, context);
      if (at == nullptr) return nullptr;
      if (tag == make_tag(kKeyNumber, Key::kType)) {
        at = Key::read(at, end, key, context);
      } else if (tag == make_tag(kValueNumber, Value::kType)) {
        at = Value::read(at, end, value, context);
      } else {
        at = skip_field(at, end, tag, context);
      }
    }
    return at;
  }
};

// A map is a repeated field of entries.
template <typename Key, typename Value>
struct MapEntry {
  using Stored = EntryView<Key, Value>;
  static const std::byte* read(const std::byte* at, const std::byte* end, Stored& entry, Context& context) {
    Bytes bytes;
    at = read_bytes(at, end, bytes, context);
    if (at == nullptr) return nullptr;
    if (--context.depth < 0) return context.refuse("is nested too deeply");
    if (entry.parse(bytes.data(), at, context) == nullptr) return nullptr;
    ++context.depth;
    return at;
  }
};

}  // namespace detail

/// A map as it lies in the message: its entries in the order of the wire. A key that comes twice has the
/// value that came last, which is what find() gives. `Key` and `Value` are encodings, Text, Blob or
/// Message<V>.
template <typename Key, typename Value>
class Map {
  using Entry = detail::EntryView<Key, Value>;
  using Read = detail::MapEntry<Key, Value>;

 public:
  using key_type = typename Key::Value;
  using mapped_type = typename Value::Value;
  using value_type = std::pair<key_type, mapped_type>;

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Map::value_type;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const detail::Elements& of) : cursor_(of), left_(of.count) {}
    value_type operator*() const {
      const Entry entry = stored();
      return {entry.key, detail::StoredOf<Value>::value(entry.value)};
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
    Entry stored() const {
      Context trusted{.trusted = true};
      Entry entry;
      Read::read(cursor_.at(), cursor_.end(), entry, trusted);
      return entry;
    }

   private:
    detail::ElementCursor cursor_;
    std::uint32_t left_ = 0;
  };

  Map() = default;

  bool empty() const { return elements_.count == 0; }
  /// Entries on the wire; a key that comes twice counts twice.
  std::size_t entry_count() const { return elements_.count; }
  Iterator begin() const { return empty() ? Iterator{} : Iterator{elements_}; }
  Iterator end() const { return {}; }

  /// Looks through all entries: meant for maps of a few. Nothing when the key is not there.
  std::optional<mapped_type> find(key_type key) const {
    std::optional<typename detail::StoredOf<Value>::Type> found;
    for (Iterator at = begin(); at != end(); ++at) {
      if (const Entry entry = at.stored(); entry.key == key) found = entry.value;
    }
    if (!found) return std::nullopt;
    return detail::StoredOf<Value>::value(*found);
  }
  bool contains(key_type key) const { return find(key).has_value(); }

  /// For generated code: takes the entry behind the tag that begins at `start`.
  const std::byte* read(const std::byte* start, const std::byte* at, const std::byte* end, std::uint32_t tag,
                        Context& context) {
    Entry ignored;
    at = Read::read(at, end, ignored, context);
    elements_.add(start, at, tag);
    return at;
  }

 private:
  detail::Elements elements_;
};

}  // namespace parlance::wire
