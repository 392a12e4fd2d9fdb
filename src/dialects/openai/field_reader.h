#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "dialects/openai/request_limits.h"

namespace parlance::dialects::openai {

using nlohmann::json;

/// A request's body. INVALID_ARGUMENT for what is no JSON object or too deep.
Result<json> parse_object(std::string_view body, const RequestLimits& limits);

/// Reads the fields of an object and keeps the first thing that is wrong with one: read them all, then look
/// at error(). A field that is null is as good as missing, as OpenAI has it.
class FieldReader {
 public:
  /// `object` outlives it.
  explicit FieldReader(const json& object) : object_(object) {}

  const json& object() const { return object_; }
  const Status& error() const { return error_; }
  void fail(Status status) {
    if (error_.ok()) error_ = std::move(status);
  }

  /// Null when it is missing.
  const json* find(const char* name) const;
  std::string required_text(const char* name);
  std::optional<std::string> text(const char* name);
  bool flag(const char* name, bool otherwise = false);
  std::optional<double> number(const char* name, double least, double most);
  std::optional<std::int64_t> integer(const char* name, std::int64_t least, std::int64_t most);

 private:
  const json& object_;
  Status error_;
};

}  // namespace parlance::dialects::openai
