#include "text/text_sequence.h"

namespace parlance::text {
namespace {

using scheduling::FinishReason;
using scheduling::GeneratedStep;

std::optional<Finish> finish_of(const GeneratedStep& step) {
  if (!step.finish) return std::nullopt;
  switch (*step.finish) {
    case FinishReason::kStop:
    case FinishReason::kComplete:
      return Finish::kStop;
    case FinishReason::kLength:
      return Finish::kLength;
    case FinishReason::kError:
      break;
  }
  return Finish::kError;
}

}  // namespace

std::optional<TextPiece> TextSequence::take() {
  std::optional<GeneratedStep> step = stream_.take();
  if (!step) {
    is_over_ = true;
    return std::nullopt;
  }
  return piece_of(*std::move(step));
}

TextPiece TextSequence::piece_of(GeneratedStep step) {
  TextPiece piece{
      .index = index_, .text = {}, .sampled = {}, .finish = finish_of(step), .status = step.status};
  std::string text;
  if (piece.finish != Finish::kError) {
    ++made_;
    if (step.finish != FinishReason::kStop)
      text = characters_.add(tokenizer_.token_bytes(step.sampled.token));
    piece.sampled = std::move(step.sampled);
  }
  if (piece.finish) text += characters_.finish();
  add_text(piece, std::move(text));
  is_over_ = piece.finish.has_value();
  return piece;
}

/// A stop string ends the sequence, whatever else would have.
void TextSequence::add_text(TextPiece& piece, std::string text) {
  generation::StopMatcher::Found found = stops_.add(text);
  piece.text = std::move(found.text);
  if (found.index) {
    piece.status = {};
    if (!piece.finish) stream_.complete();
    piece.finish = Finish::kStop;
  } else if (piece.finish) {
    piece.text += stops_.finish();
  }
}

}  // namespace parlance::text
