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
    std::byte* const at = framed.writable().data();
    grpc::write_prefix(at, size_bytes, false);
    const std::byte* const begin = wire_put(fields, at + framed.size());
    require(begin == at + grpc::kPrefixBytes, "a message changed while it was written");
    return framed;
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

  /// The message behind its gRPC prefix.
  const Buffer& framed() const { return framed_; }
  Buffer take_framed() { return std::move(framed_); }

 private:
  Buffer framed_;
};

}  // namespace parlance
