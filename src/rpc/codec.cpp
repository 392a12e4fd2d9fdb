#include "rpc/codec.h"

#include <limits>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "grpc/message_writer.h"

namespace parlance {

bool detail::parse_message(google::protobuf::MessageLite& message, Bytes bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) return false;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

Buffer detail::frame_message(const google::protobuf::MessageLite& message) {
  const std::size_t size_bytes = message.ByteSizeLong();
  Buffer framed = Buffer::allocate(grpc::kPrefixBytes + size_bytes);
  std::byte* at = framed.writable().data();
  grpc::write_prefix(at, size_bytes, false);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(at + grpc::kPrefixBytes));
  return framed;
}

Status detail::unparsable(std::string_view hop, std::string_view type_name, std::size_t size_bytes,
                          std::string_view why) {
  return grpc::make_error(StatusCode::kInternal, "MESSAGE_NOT_PARSABLE",
                          concat("the message of ", size_bytes, " bytes is not a valid ", type_name,
                                 why.empty() ? "" : ": ", why),
                          {{"hop", std::string{hop}},
                           {"limit", std::string{type_name}},
                           {"observed", std::to_string(size_bytes)}});
}

Buffer Codec<Buffer>::frame(const Buffer& message) {
  Buffer framed = Buffer::allocate(grpc::kPrefixBytes + message.size());
  std::byte* at = framed.writable().data();
  grpc::write_prefix(at, message.size(), false);
  if (!message.empty()) std::memcpy(at + grpc::kPrefixBytes, message.data(), message.size());
  return framed;
}

}  // namespace parlance
