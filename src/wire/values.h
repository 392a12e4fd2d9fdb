#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"

namespace parlance::wire {

// What the members of a generated Fields struct are: values to be written, borrowed from whoever owns them. A
// Fields is written where it is handed over (`co_return`, `write()`, a client's call), so what it borrows
// need only live until then. Temporary containers do not convert: a Fields may be a variable, which they
// would not outlive.

/// Room for `count` values in a message that is written before they are known: they are filled in where they
/// will be sent from. A slot stands in one Fields, and refers to the message for as long as that is not sent.
///
///   wire::Slot<float> embedding{768};
///   Written<EmbedResponseFields> response{{.embedding = embedding}, embedding};
///   model.run(text, embedding.span());   // here or on another thread
///   co_return response;
///
/// What is not filled in holds whatever the memory held.
template <typename T>
class Slot {
  static_assert(std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::byte>);

 public:
  explicit Slot(std::size_t count) : count_(count) {}
  Slot(const Slot&) = delete;  // its Fields refers to it
  Slot& operator=(const Slot&) = delete;

  std::size_t size() const { return count_; }
  /// All of it. The message is written (checked), and this is the slot that it was written for, which lies
  /// aligned (checked): one slot of a message can.
  std::span<T> span() {
    require(aligned_ || sizeof(T) == 1, "Slot::span: the message was not written for this slot");
    return {reinterpret_cast<T*>(bytes().data()), count_};
  }
  /// The same as bytes, of any slot, aligned or not. Values are little-endian.
  MutableBytes bytes() {
    require(at_ != nullptr || count_ == 0, "Slot: its message is not written yet");
    return {at_, count_ * sizeof(T)};
  }

  /// For the writer.
  void place(std::byte* at) { at_ = at; }
  /// Bytes by which the message has to begin later for the slot to be aligned.
  std::size_t misaligned_bytes() const { return -reinterpret_cast<std::uintptr_t>(at_) % alignof(T); }
  void set_aligned() { aligned_ = true; }

 private:
  std::size_t count_;
  std::byte* at_ = nullptr;
  bool aligned_ = false;
};

/// A string to be written; not looked at: the receiver refuses what is not UTF-8.
class TextValue {
 public:
  constexpr TextValue() = default;
  constexpr TextValue(std::string_view text) : text_(text) {}
  constexpr TextValue(const char* text) : text_(text) {}
  TextValue(const std::string& text) : text_(text) {}
  TextValue(const std::string&&) = delete;

  std::size_t size() const { return text_.size(); }
  constexpr bool empty() const { return text_.empty(); }
  /// For the writer, which puts the value at `to`.
  void write_to(std::byte* to) const { std::memcpy(to, text_.data(), text_.size()); }

 private:
  std::string_view text_;
};

/// Bytes to be written, or room for them.
class BlobValue {
 public:
  constexpr BlobValue() = default;
  constexpr BlobValue(Bytes bytes) : bytes_(bytes) {}
  BlobValue(std::string_view text) : bytes_(as_bytes(text)) {}
  BlobValue(const char* text) : bytes_(as_bytes(text)) {}
  BlobValue(const std::string& text) : bytes_(as_bytes(text)) {}
  BlobValue(const std::string&&) = delete;
  BlobValue(Slot<std::byte>& slot)
      : bytes_{static_cast<const std::byte*>(nullptr), slot.size()}, slot_(&slot) {}

  std::size_t size() const { return bytes_.size(); }
  constexpr bool empty() const { return bytes_.empty(); }
  /// For the writer, which puts the value at `to`.
  void write_to(std::byte* to) const {
    if (slot_ != nullptr) return slot_->place(to);
    std::memcpy(to, bytes_.data(), bytes_.size());
  }

 private:
  Bytes bytes_;
  Slot<std::byte>* slot_ = nullptr;
};

namespace detail {
// Arrays that can be borrowed: an lvalue, or a view of one.
template <typename Range, typename T>
concept ArrayOf = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
                  std::ranges::borrowed_range<Range> &&
                  std::same_as<std::remove_cv_t<std::ranges::range_value_t<Range>>, T>;
}  // namespace detail

/// The values of a repeated field: numbers, enums, or the Fields of messages.
template <typename T>
class Values {
 public:
  constexpr Values() = default;
  template <typename Range>
    requires(!std::same_as<std::remove_cvref_t<Range>, Values> && detail::ArrayOf<Range, T>)
  constexpr Values(Range&& values) : data_(std::ranges::data(values)), size_(std::ranges::size(values)) {}

  /// Room for the values of a packed field of floats or doubles.
  Values(Slot<T>& slot)
    requires std::floating_point<T>
      : size_(slot.size()), slot_(&slot) {}

  const T* begin() const { return data_; }
  const T* end() const { return data_ + (is_slot() ? 0 : size_); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t index) const { return data_[index]; }

  bool is_slot() const { return slot_ != nullptr; }
  /// For the writer, which puts the values at `to` as they lie in memory.
  void write_to(std::byte* to) const {
    if constexpr (std::floating_point<T>) {
      if (slot_ != nullptr) return slot_->place(to);
    }
    std::memcpy(to, data_, size_ * sizeof(T));
  }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
  Slot<T>* slot_ = nullptr;
};

/// The values of a repeated field of strings or bytes, from an array of std::string_view, std::string or
/// Bytes.
class TextValues {
 public:
  constexpr TextValues() = default;
  template <typename Range>
    requires(detail::ArrayOf<Range, std::string_view> || detail::ArrayOf<Range, std::string> ||
             detail::ArrayOf<Range, Bytes>)
  TextValues(Range&& values)
      : data_(std::ranges::data(values)),
        size_(std::ranges::size(values)),
        at_(&element<std::remove_cv_t<std::ranges::range_value_t<Range>>>) {}

  std::size_t size() const { return size_; }
  Bytes operator[](std::size_t index) const { return at_(data_, index); }

 private:
  template <typename T>
  static Bytes element(const void* data, std::size_t index) {
    const T& value = static_cast<const T*>(data)[index];
    return {reinterpret_cast<const std::byte*>(value.data()), value.size()};
  }

  const void* data_ = nullptr;
  std::size_t size_ = 0;
  Bytes (*at_)(const void*, std::size_t) = nullptr;
};

}  // namespace parlance::wire
