#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "models/byte_elements.h"
#include "models/data_type.h"
#include "models/shape.h"

namespace parlance::models {

/// A named array in row-major order and the machine's byte order. Its bytes are either owned (a share of a
/// Buffer) or borrowed; borrowed bytes outlive the run they are given to.
///
/// A tensor as it comes from a caller may contradict itself (a size that is not its shape's);
/// bind_inputs() is where that is found.
class Tensor {
 public:
  static Tensor owning(std::string name, DataType type, Shape shape, Buffer data) {
    Tensor tensor{std::move(name), type, std::move(shape)};
    tensor.bytes_ = data.bytes();
    tensor.owned_ = std::move(data);
    return tensor;
  }
  static Tensor borrowing(std::string name, DataType type, Shape shape, Bytes data) {
    Tensor tensor{std::move(name), type, std::move(shape)};
    tensor.bytes_ = data;
    return tensor;
  }
  /// Borrows `values`; the type is that of T.
  template <typename T>
  static Tensor of(std::string name, Shape shape, std::span<const T> values) {
    return borrowing(std::move(name), data_type_of<T>, std::move(shape), std::as_bytes(values));
  }

  const std::string& name() const { return name_; }
  DataType type() const { return type_; }
  const Shape& shape() const { return shape_; }
  Bytes bytes() const { return bytes_; }

  /// From now on its bytes are those of `data`, as many as before.
  void own(Buffer data) {
    bytes_ = data.bytes();
    owned_ = std::move(data);
  }
  /// The same bytes under another name.
  Tensor named(std::string name) const {
    Tensor other{*this};
    other.name_ = std::move(name);
    return other;
  }
  /// `count` rows from `first` on: the same memory, borrowed or owned as this. The tensor has a first
  /// dimension of at least `first + count` (the caller checks).
  Tensor rows(std::size_t first, std::size_t count) const {
    const std::size_t begin = rows_size_bytes(bytes_, first);
    const std::size_t size = rows_size_bytes(bytes_.subspan(begin), count);
    Tensor part{name_, type_, shape_};
    part.shape_[0] = static_cast<std::int64_t>(count);
    part.bytes_ = bytes_.subspan(begin, size);
    if (!owned_.empty()) part.owned_ = owned_.slice(begin, size);
    return part;
  }

  /// The elements; T must be what type() says (the caller checks) and the bytes aligned for it.
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

 private:
  Tensor(std::string name, DataType type, Shape shape)
      : name_(std::move(name)), type_(type), shape_(std::move(shape)) {}

  /// What the first `count` rows of `from` take.
  std::size_t rows_size_bytes(Bytes from, std::size_t count) const {
    const auto rows = static_cast<std::size_t>(shape_[0]);
    if (type_ != DataType::kBytes) return count * (bytes_.size() / rows);
    const std::size_t row_elements = element_count(std::span{shape_}.subspan(1)).value_or(0);
    return elements_size_bytes(from, count * row_elements);
  }

  std::string name_;
  DataType type_;
  Shape shape_;
  Buffer owned_;
  Bytes bytes_;
};

using Tensors = std::vector<Tensor>;

}  // namespace parlance::models
