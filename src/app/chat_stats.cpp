#include "app/chat_stats.h"

#include <fmt/format.h>

#include "app/quantities.h"
#include "app/text_table.h"

namespace parlance::app {

void ChatStats::add(const AnswerFigures& answer) {
  if (answer.tokens == 0) return;
  last_ = answer;
  ++answers_;
  tokens_ += answer.tokens;
  first_ += answer.first;
  streaming_ += answer.last - answer.first;
}

std::string ChatStats::text() const {
  if (!last_) return "no answer yet\n";
  return text_table(
      {{"", "tokens", "tokens/s", "first token"},
       {"last answer", count_text(last_->tokens), rate_text(last_->tokens, 1, last_->last - last_->first),
        time_text(last_->first)},
       {fmt::format("{} answer{}", count_text(answers_), answers_ == 1 ? "" : "s"), count_text(tokens_),
        rate_text(tokens_, answers_, streaming_), time_text(first_ / static_cast<Duration::rep>(answers_))}},
      2);
}

std::string rate_text(std::size_t tokens, std::size_t answers, Duration streaming) {
  if (tokens <= answers || streaming <= Duration::zero()) return "-";
  return number_text(static_cast<double>(tokens - answers) /
                     std::chrono::duration<double>(streaming).count());
}

}  // namespace parlance::app
