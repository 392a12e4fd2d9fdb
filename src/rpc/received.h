#pragma once

#include "rpc/incoming.h"

namespace parlance::detail {

/// What a client gets of a response of type `T`, and how it comes from the bytes: messages are parsed and the
/// bytes dropped; views keep them.
template <typename T>
struct Received {
  using Value = T;
  static Result<T> from(Buffer bytes) {
    T message;
    if (Codec<T>::parse(message, bytes)) return message;
    return std::unexpected(unparsable("client", Codec<T>::type_name(message), bytes.size()));
  }
};

template <wire::View T>
struct Received<T> {
  using Value = Incoming<T>;
  static Result<Value> from(Buffer bytes) {
    Value message{std::move(bytes), false, "client"};
    if (Result<const T*> parsed = message.parse(); !parsed) return std::unexpected(std::move(parsed.error()));
    return message;
  }
};

}  // namespace parlance::detail
