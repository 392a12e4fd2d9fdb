#pragma once

#include <string>

#include "base/buffer.h"
#include "grpc/message_writer.h"
#include "rpc/written.h"

namespace google::protobuf {
class Message;
}

namespace parlance::dialects::kserve::rest {

/// A message without its gRPC prefix.
template <typename T>
Buffer unframed(Written<T> written) {
  Buffer message = written.take_framed();
  message.remove_prefix(grpc::kPrefixBytes);
  return message;
}

/// The message of generated Fields.
template <wire::FieldsStruct T>
Buffer serialize(const T& fields) {
  return unframed(Written<T>{fields});
}

/// A message as Triton's REST API writes its like: fields by their names in the proto, each that has no
/// presence whatever its value; numbers of 64 bits as numbers, values of enums by their names, bytes as text.
/// It is not protobuf's JSON.
std::string to_json(const google::protobuf::Message& message);

/// The elements of its only field, an array of messages.
std::string elements_to_json(const google::protobuf::Message& message);

}  // namespace parlance::dialects::kserve::rest
