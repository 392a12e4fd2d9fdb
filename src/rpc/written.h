#pragma once

#include <utility>

#include "grpc/message_writer.h"
#include "rpc/codec.h"
#include "wire/fields.h"

namespace parlance {

/// Generated Fields are written straight behind the prefix, in one buffer.
template <wire::FieldsStruct T>
struct Codec<T> {
  static Buffer frame(const T& fields) {
    const std::size_t size_bytes = wire_size(fields);
    Buffer framed = Buffer::allocate(grpc::kPrefixBytes + size_bytes);
    write(fields, size_bytes, framed.writable().data());
    return framed;
  }
  /// The same with `slot`, which is in `fields`, aligned for its values.
  template <typename Value>
  static Buffer frame(const T& fields, wire::Slot<Value>& slot) {
    const std::size_t size_bytes = wire_size(fields);
    const std::size_t framed_bytes = grpc::kPrefixBytes + size_bytes;
    Buffer framed = Buffer::allocate(framed_bytes + alignof(Value) - 1);
    std::byte* const at = framed.writable().data();
    write(fields, size_bytes, at);
    const std::size_t shift_bytes = slot.misaligned_bytes();
    if (shift_bytes > 0) write(fields, size_bytes, at + shift_bytes);
    slot.set_aligned();
    return framed.slice(shift_bytes, framed_bytes);
  }

 private:
  static void write(const T& fields, std::size_t size_bytes, std::byte* at) {
    grpc::write_prefix(at, size_bytes, false);
    const std::byte* const begin = wire_put(fields, at + grpc::kPrefixBytes + size_bytes);
    require(begin == at + grpc::kPrefixBytes, "a message changed while it was written");
  }
};

/// What a handler on views answers: a message that is written already. A generated Fields converts to it, at
/// the `co_return`, so it may borrow whatever lives until then: the request, locals, temporaries of the
/// expression.
///
///   co_return PredictResponseFields{.request_id = request->request_id(), .predictions = scores};
template <typename T>
class Written {
 public:
  Written(const T& fields) : framed_(Codec<T>::frame(fields)) {}
  /// A message of which `slot`, and perhaps other slots, are filled in later, before it is returned.
  template <typename Value>
  Written(const T& fields, wire::Slot<Value>& slot) : framed_(Codec<T>::frame(fields, slot)) {}

  /// The message behind its gRPC prefix.
  const Buffer& framed() const { return framed_; }
  Buffer take_framed() { return std::move(framed_); }

 private:
  Buffer framed_;
};

}  // namespace parlance
