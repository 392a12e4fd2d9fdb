#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/deadline.h"

namespace parlance::app {

/// How fast one answer came.
struct AnswerFigures {
  std::size_t tokens = 0;
  Duration first = Duration::zero();  // from the call to its first token
  Duration last = Duration::zero();   // to its last
};

/// The figures of a conversation's answers.
class ChatStats {
 public:
  /// An answer without a token counts for nothing.
  void add(const AnswerFigures& answer);

  /// A table of the last answer and of all: tokens, tokens a second (from the first token to the last), and
  /// the time to the first token, of all answers the mean. A sentence while there is none.
  std::string text() const;

 private:
  std::optional<AnswerFigures> last_;
  std::size_t answers_ = 0;
  std::size_t tokens_ = 0;
  Duration first_ = Duration::zero();      // the sum
  Duration streaming_ = Duration::zero();  // the sum from the first tokens to the last
};

/// Tokens a second that came after the first token of each answer, "85.2"; "-" when there are none.
std::string rate_text(std::size_t tokens, std::size_t answers, Duration streaming);

}  // namespace parlance::app
