#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "generation/stop_matcher.h"
#include "generation/utf8_assembler.h"
#include "models/tokenizer.h"
#include "scheduling/generation/generation_stream.h"
#include "text/generate.h"

namespace parlance::text {

/// One sequence: steps in, pieces of text out. Ends with its model, or by itself at a stop string.
class TextSequence final : CancellationListener {
 public:
  /// `tokenizer` outlives this. `stops` have no problem.
  TextSequence(unsigned index, const models::Tokenizer& tokenizer, scheduling::GenerationStream stream,
               std::vector<std::string> stops, bool include_stop)
      : index_(index),
        tokenizer_(tokenizer),
        stream_(std::move(stream)),
        stops_(std::move(stops), include_stop) {}

  void cancel_with(ServerCall& call) { call.on_cancelled(*this); }
  void on_given_up(std::move_only_function<void(const Status&)> tell) {
    stream_.on_given_up(std::move(tell));
  }
  void cancel() { stream_.cancel(); }

  bool is_over() const { return is_over_; }
  bool is_ready() const { return !is_over_ && stream_.is_ready(); }
  void wait(std::coroutine_handle<> reader) { stream_.wait(reader); }
  void stop_waiting() { stream_.stop_waiting(); }
  /// When it is ready.
  std::optional<TextPiece> take();
  std::size_t made_tokens() const { return made_; }

 private:
  void on_cancelled() override { cancel(); }
  TextPiece piece_of(scheduling::GeneratedStep step);
  void add_text(TextPiece& piece, std::string text);

  const unsigned index_;
  const models::Tokenizer& tokenizer_;
  scheduling::GenerationStream stream_;
  generation::Utf8Assembler characters_;
  generation::StopMatcher stops_;
  std::size_t made_ = 0;
  bool is_over_ = false;
};

}  // namespace parlance::text
