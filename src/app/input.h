#pragma once

#include <expected>
#include <memory>
#include <string>

#include "app/json_documents.h"

namespace parlance::app {

/// Where the requests of a call come from.
class Input {
 public:
  /// `data` is JSON, "@FILE", or "@-" for stdin, which is read as it comes. The error says why the file
  /// cannot be read.
  static std::expected<Input, std::string> open(const std::string& data);

  /// Requests are read here, on one thread.
  JsonDocuments& documents() { return documents_; }
  /// From another thread: a wait for stdin ends as if the input were at its end.
  void stop();

 private:
  class File;
  Input(std::shared_ptr<File> file, JsonDocuments documents)
      : file_(std::move(file)), documents_(std::move(documents)) {}

  std::shared_ptr<File> file_;  // null for JSON given as such
  JsonDocuments documents_;
};

}  // namespace parlance::app
