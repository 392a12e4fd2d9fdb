#include "rpc/codec.h"

#include <limits>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance {

bool detail::parse_message(google::protobuf::MessageLite& message, Bytes bytes) {
  if (bytes.size() > std::numeric_limits<int>::max()) return false;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::size_t detail::message_size(const google::protobuf::MessageLite& message) {
  return message.ByteSizeLong();
}

void detail::write_message(const google::protobuf::MessageLite& message, std::byte* at) {
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(at));
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

}  // namespace parlance
