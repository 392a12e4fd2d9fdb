#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace parlance::dialects::torchserve {

/// Whether a body of that Content-Type is a form with files: multipart/form-data, as `curl -F` sends it.
bool is_form(std::string_view content_type);

/// Its parts by name (RFC 7578), borrowed from the body; of two with one name the first.
/// BadRequestException for what is no such form, is cut off, or has more than 64 parts.
Result<std::map<std::string, std::string_view>> read_form(std::string_view content_type,
                                                          std::string_view body);

}  // namespace parlance::dialects::torchserve
