#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "http2/header_field.h"

namespace parlance::grpc {

/// A header section being put together for Connection::send_headers: fields in order, and memory for the
/// values that must be made (encoded, formatted). Both fit in place in the usual case, so that a response
/// costs no allocation. Lives on the stack of whoever sends; neither copied nor moved.
class HeaderList {
 public:
  HeaderList() { fields_.reserve(kInlineFields); }
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  /// Borrowed views: they must outlive the list.
  void add(std::string_view name, std::string_view value,
           http2::HeaderToken token = http2::HeaderToken::kOther) {
    fields_.push_back({.name = name, .value = value, .token = token});
  }
  /// Copies the value.
  void add_copy(std::string_view name, std::string_view value,
                http2::HeaderToken token = http2::HeaderToken::kOther);
  /// Memory that lives as long as the list, for a value to be written into.
  std::span<char> allocate(std::size_t size_bytes);

  http2::HeaderFields fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }

 private:
  static constexpr std::size_t kInlineFields = 16;
  static constexpr std::size_t kInlineBytes = kInlineFields * sizeof(http2::HeaderField) + 512;

  alignas(std::max_align_t) std::array<std::byte, kInlineBytes> inline_;
  std::pmr::monotonic_buffer_resource memory_{inline_.data(), inline_.size()};
  std::pmr::vector<http2::HeaderField> fields_{&memory_};
};

}  // namespace parlance::grpc
