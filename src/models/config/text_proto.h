#pragma once

#include <string>

#include "base/status.h"

namespace google::protobuf {
class Message;
}

namespace parlance::models::config {

/// Reads protobuf's text format. Fields of messages called Opaque are skipped. FAILED_PRECONDITION
/// "<name>:<line>: …" for what is not that format, or a field or value that the message does not have.
Status read_text_proto(const std::string& text, const std::string& name, google::protobuf::Message& message);

}  // namespace parlance::models::config
