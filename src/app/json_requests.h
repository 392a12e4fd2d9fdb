#pragma once

#include <google/protobuf/descriptor.h>

#include <expected>
#include <optional>
#include <string>

#include "app/input.h"
#include "app/json_messages.h"
#include "base/buffer.h"

namespace parlance::app {

/// The JSON documents of an input as serialised requests of one type. What it is made of must outlive it.
/// Errors are for people: which request, its line, its field.
class JsonRequests {
 public:
  JsonRequests(const google::protobuf::Descriptor& type, const JsonMessages& messages, Input& input)
      : type_(type), messages_(messages), documents_(input.documents()) {}

  /// Nothing at the end.
  std::expected<std::optional<Buffer>, std::string> next();
  /// The one request of a method that takes one; without any document an empty message.
  std::expected<Buffer, std::string> only();

 private:
  const google::protobuf::Descriptor& type_;
  const JsonMessages& messages_;
  JsonDocuments& documents_;
  int count_ = 0;
};

}  // namespace parlance::app
