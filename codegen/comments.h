#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/printer.h>

#include <sstream>
#include <string>

namespace parlance::codegen {

/// What stands behind the slashes. A backslash at the end of a comment would swallow the next line.
inline std::string comment_text(const std::string& line) {
  const std::size_t last = line.find_last_not_of(" \t\r\\");
  if (last == std::string::npos) return {};
  const bool spaced = line.front() == ' ' || line.front() == '\t';
  return (spaced ? "" : " ") + line.substr(0, last + 1);
}

/// The comments that stand before `descriptor` in the .proto, as a documentation comment.
template <typename Descriptor>
void print_comment(const Descriptor& descriptor, google::protobuf::io::Printer& out) {
  google::protobuf::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location) || location.leading_comments.empty()) return;
  std::istringstream lines{location.leading_comments};
  for (std::string line; std::getline(lines, line);) {
    out.Print("///$line$\n", "line", comment_text(line));
  }
}

}  // namespace parlance::codegen
