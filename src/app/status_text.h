#pragma once

#include <string>

#include "base/status.h"
#include "grpc/metadata.h"

namespace parlance::app {

/// A status for people: code and message, then a line for each thing its details say, with what to change
/// when they name it.
std::string status_text(const Status& status);

/// A line "<mark> name: value" for each entry; bytes as base64.
std::string metadata_text(const grpc::Metadata& metadata, std::string_view mark);

}  // namespace parlance::app
