#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/slab_allocator.h"
#include "base/status.h"
#include "grpc/header_list.h"
#include "http2/header_field.h"

namespace parlance::grpc {

/// Custom metadata of a call: an ordered list of names and values; a name may stand more than once.
///
/// Names are lower-case `[0-9a-z_.-]+`. The value of a name that ends in `-bin` is any bytes, held decoded;
/// other values are printable ASCII (0x20 to 0x7E). An empty list owns no memory; a filled one keeps every
/// text in one run of memory, so views into it live until the next add().
class Metadata {
 public:
  struct Entry {
    std::string_view name;
    std::string_view value;
    bool operator==(const Entry&) const = default;
  };
  class Iterator;

  Metadata() = default;
  Metadata(const Metadata& other);
  Metadata(Metadata&&) noexcept = default;
  Metadata& operator=(Metadata other) noexcept {
    content_.swap(other.content_);
    return *this;
  }
  ~Metadata() = default;

  /// Adds an entry at the end; the name is lower-cased, the value is raw bytes for `-bin`. INVALID_ARGUMENT,
  /// with a message that names what is wrong, for a name outside `[0-9A-Za-z_.-]+`, for a reserved one
  /// (`grpc-…`), for one that HTTP/2 or the call itself uses (`connection`, `te`, `content-type`, …), and for
  /// a text value with a byte outside 0x20 to 0x7E. Nothing is added then.
  Result<void> add(std::string_view name, std::string_view value);

  /// The value of the last entry of that name (case does not matter), as later entries overrule earlier ones.
  std::optional<std::string_view> get(std::string_view name) const;
  /// Every value of that name, in order.
  std::vector<std::string_view> all(std::string_view name) const;

  Iterator begin() const;
  Iterator end() const;
  bool empty() const { return content_ == nullptr; }
  std::size_t size() const { return empty() ? 0 : content_->places.size(); }
  Entry operator[](std::size_t index) const;

  /// What a received header section or trailers carry as metadata: every field but pseudo-headers,
  /// connection-specific fields and those that gRPC itself reads (tokens). `user-agent` and other `grpc-…`
  /// names stay readable. A `-bin` value may be a comma-joined list and becomes one entry each; INTERNAL when
  /// it is not base64. A name outside the allowed characters is left out.
  static Result<Metadata> from_fields(http2::HeaderFields fields);

  /// Appends the entries as fields; `-bin` values are encoded into the list's memory, all others are
  /// borrowed, so this object must outlive `fields` unchanged. Received `grpc-…` entries and `user-agent` are
  /// left out: they belong to one hop.
  void append_to(HeaderList& fields) const;

  bool operator==(const Metadata& other) const;

 private:
  struct Place {
    std::uint32_t offset;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  struct Content {
    SlabString text;
    std::vector<Place, SlabAllocator<Place>> places;

    static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
    static void operator delete(void* memory, std::size_t size_bytes) {
      Slab::deallocate(memory, size_bytes);
    }
  };

  Content& content();
  void append(std::string_view name, std::string_view value);
  Result<void> append_received(const http2::HeaderField& field);

  // Null when empty: a call has several, and most stay so.
  std::unique_ptr<Content> content_;
};

class Metadata::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Entry;

  Iterator() = default;
  Entry operator*() const { return (*of_)[index_]; }
  Iterator& operator++() { return ++index_, *this; }
  Iterator operator++(int) { return Iterator{of_, index_++}; }
  bool operator==(const Iterator&) const = default;

 private:
  friend class Metadata;
  Iterator(const Metadata* of, std::size_t index) : of_(of), index_(index) {}

  const Metadata* of_ = nullptr;
  std::size_t index_ = 0;
};

inline Metadata::Iterator Metadata::begin() const { return {this, 0}; }
inline Metadata::Iterator Metadata::end() const { return {this, size()}; }

/// Whether values of that (lower-case) name are bytes, sent as base64.
constexpr bool is_binary_name(std::string_view name) { return name.ends_with("-bin"); }

}  // namespace parlance::grpc
