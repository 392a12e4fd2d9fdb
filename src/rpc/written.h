#pragma once

#include <utility>

#include "grpc/message_writer.h"
#include "rpc/codec.h"
#include "wire/fields.h"

namespace parlance {

/// Generated Fields are written from their end, into their one place.
template <wire::FieldsStruct T>
struct Codec<T> {
  static std::size_t size_bytes(const T& fields) { return wire_size(fields); }
  static void write(const T& fields, std::byte* at, std::size_t size_bytes) {
    require(wire_put(fields, at + size_bytes) == at, "a message changed while it was written");
  }
};

namespace detail {

/// The message behind its gRPC prefix, with `slot`, which is in `fields`, aligned for its values.
template <wire::FieldsStruct T, typename Value>
Buffer frame_message(const T& fields, wire::Slot<Value>& slot) {
  const std::size_t size_bytes = wire_size(fields);
  const std::size_t framed_bytes = grpc::kPrefixBytes + size_bytes;
  Buffer framed = Buffer::allocate(framed_bytes + alignof(Value) - 1);
  std::byte* const at = framed.writable().data();
  write_framed(fields, size_bytes, at);
  const std::size_t shift_bytes = slot.misaligned_bytes();
  if (shift_bytes > 0) write_framed(fields, size_bytes, at + shift_bytes);
  slot.set_aligned();
  return framed.slice(shift_bytes, framed_bytes);
}

}  // namespace detail

/// What a handler on views answers: a message that is written already. A generated Fields converts to it, at
/// the `co_return`, so it may borrow whatever lives until then: the request, locals, temporaries of the
/// expression.
///
///   co_return PredictResponseFields{.request_id = request->request_id(), .predictions = scores};
template <typename T>
class Written {
 public:
  Written(const T& fields) : framed_(detail::frame_message(fields)) {}
  /// A message of which `slot`, and perhaps other slots, are filled in later, before it is returned.
  template <typename Value>
  Written(const T& fields, wire::Slot<Value>& slot) : framed_(detail::frame_message(fields, slot)) {}

  /// A message of libprotobuf, of the same type on the wire; for answers where a copy more does not matter.
  static Written of(const google::protobuf::MessageLite& message) { return Written{message, Serialised{}}; }

  /// The message behind its gRPC prefix.
  const Buffer& framed() const { return framed_; }
  Buffer take_framed() { return std::move(framed_); }

 private:
  struct Serialised {};
  Written(const google::protobuf::MessageLite& message, Serialised)
      : framed_(detail::frame_message(message)) {}

  Buffer framed_;
};

}  // namespace parlance
