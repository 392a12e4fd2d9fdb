#pragma once

#include <compare>
#include <iterator>
#include <span>

#include "base/assert.h"
#include "base/buffer.h"
#include "wire/encoding.h"

namespace parlance::wire {

/// Fixed-width values as an array of its own: the message's bytes when they lie aligned for `T`, else a copy.
/// Lives no longer than the message.
template <typename T>
class AlignedSpan {
 public:
  explicit AlignedSpan(Bytes bytes) : count_(bytes.size() / sizeof(T)) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0) {
      data_ = reinterpret_cast<const T*>(bytes.data());
    } else {
      copy_ = Buffer::copy_of(bytes);
      data_ = reinterpret_cast<const T*>(copy_.data());
    }
  }

  std::span<const T> span() const& { return {data_, count_}; }
  std::span<const T> span() const&& = delete;  // would outlive the copy
  operator std::span<const T>() const& { return span(); }
  operator std::span<const T>() const&& = delete;
  /// Whether the values were copied because they lie unaligned in the message.
  bool is_copy() const { return !copy_.empty(); }

 private:
  const T* data_;
  std::size_t count_;
  Buffer copy_;
};

/// A repeated field of fixed-width numbers, as they lie in the message: a random-access range of values.
///
/// Nothing says that a message's numbers lie aligned, so there are no references to them, and no std::span
/// but by `aligned()`. Loads cost the same either way, and loops over `values[i]` are vectorised as over an
/// array.
template <typename T>
class PackedFixed {
 public:
  using value_type = T;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;  // operator* gives values
    using iterator_concept = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    explicit Iterator(const std::byte* at) : at_(at) {}
    T operator*() const { return Fixed<T>::load(at_); }
    T operator[](difference_type offset) const { return *(*this + offset); }
    Iterator& operator+=(difference_type offset) {
      at_ += offset * kStep;
      return *this;
    }
    Iterator& operator-=(difference_type offset) { return *this += -offset; }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this -= 1; }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    Iterator operator--(int) {
      Iterator before = *this;
      --*this;
      return before;
    }
    friend Iterator operator+(Iterator at, difference_type offset) { return at += offset; }
    friend Iterator operator+(difference_type offset, Iterator at) { return at += offset; }
    friend Iterator operator-(Iterator at, difference_type offset) { return at -= offset; }
    friend difference_type operator-(Iterator a, Iterator b) { return (a.at_ - b.at_) / kStep; }
    friend auto operator<=>(const Iterator&, const Iterator&) = default;

   private:
    static constexpr difference_type kStep = sizeof(T);
    const std::byte* at_ = nullptr;
  };

  PackedFixed() = default;
  /// `bytes` is a multiple of sizeof(T).
  explicit PackedFixed(Bytes bytes) : data_(bytes.data()), size_bytes_(bytes.size()) {}

  std::size_t size() const { return size_bytes_ / sizeof(T); }
  bool empty() const { return size_bytes_ == 0; }
  /// `index` < size().
  T operator[](std::size_t index) const { return Fixed<T>::load(data_ + index * sizeof(T)); }
  Iterator begin() const { return Iterator{data_}; }
  Iterator end() const { return Iterator{data_ + size_bytes_}; }

  /// The values as they lie, little-endian.
  Bytes bytes() const { return {data_, size_bytes_}; }
  /// All values into `to`, which has room for them (checked).
  void copy_to(std::span<T> to) const {
    require(to.size() >= size(), "PackedFixed::copy_to: no room for all values");
    if (!empty()) std::memcpy(to.data(), data_, size_bytes_);
  }
  /// For functions that take a std::span.
  AlignedSpan<T> aligned() const { return AlignedSpan<T>{bytes()}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_bytes_ = 0;
};

/// A repeated field of numbers of varying width: decoded as it is walked over, forwards.
template <typename Encoding>
class PackedVarint {
 public:
  using value_type = typename Encoding::Value;

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = typename Encoding::Value;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const std::byte* at, const std::byte* end) : at_(at), end_(end) { load(); }
    value_type operator*() const { return value_; }
    Iterator& operator++() {
      at_ = next_;
      load();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void load() {
      if (at_ == end_) return;
      Context trusted{.trusted = true};
      next_ = Encoding::read(at_, end_, value_, trusted);
    }
    const std::byte* at_ = nullptr;
    const std::byte* next_ = nullptr;
    const std::byte* end_ = nullptr;
    value_type value_{};
  };

  PackedVarint() = default;
  /// `bytes` are whole varints (checked before).
  explicit PackedVarint(Bytes bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  /// Counts them: time in proportion to the bytes.
  std::size_t size() const {
    std::size_t count = 0;
    for (const std::byte byte : bytes_) count += (byte & std::byte{0x80}) == std::byte{};
    return count;
  }
  Iterator begin() const { return {bytes_.data(), bytes_.data() + bytes_.size()}; }
  Iterator end() const {
    const std::byte* const end = bytes_.data() + bytes_.size();
    return {end, end};
  }
  /// The varints as they lie.
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

namespace detail {
template <typename Encoding>
struct PackedOf {
  using Type = PackedVarint<Encoding>;
  static const std::byte* check(const std::byte* at, const std::byte* end, Context& context) {
    typename Encoding::Value ignored{};
    while (at != end && at != nullptr) at = Encoding::read(at, end, ignored, context);
    return at;
  }
};
template <typename T>
struct PackedOf<Fixed<T>> {
  using Type = PackedFixed<T>;
  static const std::byte* check(const std::byte* at, const std::byte* end, Context& context) {
    const auto size_bytes = static_cast<std::size_t>(end - at);
    return size_bytes % sizeof(T) == 0 ? end : context.refuse("is no whole number of values");
  }
};

// A field's values lie in one piece; more than one piece is put together by wire/regular.h.
template <typename Packed>
void add_values(Bytes piece, Packed& values, Context& context) {
  if (piece.empty()) return;
  if (!values.empty()) context.irregular = true;
  values = Packed{piece};
}
}  // namespace detail

/// A repeated field of scalars of this encoding.
template <typename Encoding>
using Packed = typename detail::PackedOf<Encoding>::Type;

/// Values behind a length.
template <typename Encoding>
const std::byte* read_packed(const std::byte* at, const std::byte* end, Packed<Encoding>& values,
                             Context& context) {
  std::size_t size_bytes = 0;
  at = read_length(at, end, size_bytes, context);
  if (at == nullptr) return nullptr;
  const std::byte* const stop = at + size_bytes;
  if (!context.trusted && detail::PackedOf<Encoding>::check(at, stop, context) == nullptr) return nullptr;
  detail::add_values({at, size_bytes}, values, context);
  return stop;
}

/// One value without a length, as proto2 and [packed = false] write them.
template <typename Encoding>
const std::byte* read_unpacked(const std::byte* at, const std::byte* end, Packed<Encoding>& values,
                               Context& context) {
  typename Encoding::Value ignored{};
  const std::byte* const next = Encoding::read(at, end, ignored, context);
  if (next != nullptr) detail::add_values({at, next}, values, context);
  return next;
}

}  // namespace parlance::wire
