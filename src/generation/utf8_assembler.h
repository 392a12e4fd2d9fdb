#pragma once

#include <string>
#include <string_view>

namespace parlance::generation {

/// Bytes of tokens in, whole characters out: a token may end within a character. What is no UTF-8 becomes
/// U+FFFD, one for each longest piece that could have begun a character (Unicode 15, section 3.9, as browsers
/// do it).
class Utf8Assembler {
 public:
  /// The characters that are whole now.
  std::string add(std::string_view bytes);
  /// No more bytes come: what is left of a character, as U+FFFD.
  std::string finish();

 private:
  std::string held_;  // the beginning of a character, at most 3 bytes
};

}  // namespace parlance::generation
