#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/type_resolver.h>

#include <expected>
#include <memory>
#include <string>

#include "base/buffer.h"

namespace parlance::app {

struct JsonStyle {
  bool compact = false;         // one line a message
  bool default_values = false;  // fields without a value too
};

/// Turns JSON into serialised messages and back, for types that are known only by their descriptors
/// (protobuf's JSON mapping). Thread-safe when its pool is.
class JsonMessages {
 public:
  /// The pool must outlive it; messages within `Any` are found in it too.
  explicit JsonMessages(const google::protobuf::DescriptorPool& pool);

  /// The error names the field, and the fields there are when it is unknown.
  std::expected<Buffer, std::string> parse(const google::protobuf::Descriptor& type,
                                           const std::string& json) const;
  /// The error says that the bytes are no such message.
  std::expected<std::string, std::string> print(const google::protobuf::Descriptor& type, const Buffer& bytes,
                                                JsonStyle style) const;

 private:
  std::unique_ptr<google::protobuf::util::TypeResolver> types_;
};

}  // namespace parlance::app
