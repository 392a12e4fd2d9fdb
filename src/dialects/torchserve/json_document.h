#pragma once

#include <simdjson.h>

#include <memory>
#include <string_view>

#include "base/status.h"

// Only sources of this folder include this.

namespace parlance::dialects::torchserve {

/// A JSON text that a caller sent, parsed.
class JsonDocument {
 public:
  /// INVALID_ARGUMENT, INVALID_INPUT, for what is not JSON, is not UTF-8 or is nested deeper than a thousand
  /// levels; `hint` says at the end what to send.
  static Result<JsonDocument> parse(std::string_view text, std::string_view hint);

  /// Lives as long as this.
  simdjson::dom::element root() const { return root_; }

 private:
  JsonDocument(std::unique_ptr<simdjson::dom::parser> parser, simdjson::dom::element root)
      : parser_(std::move(parser)), root_(root) {}

  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

/// "a text", "an object" and so on.
std::string_view kind_of(simdjson::dom::element element);

}  // namespace parlance::dialects::torchserve
