#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/sampler.h"
#include "generation/sampling_options.h"
#include "generation/token.h"
#include "models/grammar/text_format.h"
#include "models/model_version.h"
#include "rpc/server_call.h"
#include "rpc/task.h"

namespace parlance::text {

/// Sequences of one prompt: as many as anybody looks through; each holds pages.
inline constexpr unsigned kMostSequences = 32;

/// For GenerateRequest::max_tokens.
inline constexpr std::size_t kModelsMaxTokens = SIZE_MAX;

/// What becomes of a special token (the end of a text, the border of a message) that a prompt spells out.
enum class SpecialTokens : std::uint8_t {
  kRefused,  // INVALID_ARGUMENT: whoever wrote the words could else pretend to be somebody else
  kTaken,    // it is that token: of a template, whose callers' words spells_special_token() has looked at
};

struct GenerateRequest {
  models::ModelHandle model;  // pins the version
  std::variant<std::string, std::vector<generation::Token>> prompt;
  SpecialTokens special_tokens = SpecialTokens::kRefused;  // of a text
  /// Of each sequence. 0: what the prompt leaves of the context; kModelsMaxTokens: generation.max_tokens of
  /// model.yaml, or what is left if that is less.
  std::size_t max_tokens = 0;
  generation::SamplingOptions sampling = {};
  std::vector<std::string> stop = {};  // strings before which a text ends
  bool include_stop = false;           // such a string is part of the text
  bool ignore_end = false;             // the model's end token ends nothing; not with a format
  /// What each text is held to. It ends where the format lets nothing follow, or where the model ends it and
  /// the format allows that; a text of max_tokens tokens may have no end.
  std::optional<models::TextFormat> format = {};
  unsigned n = 1;              // sequences, each with a seed of its own: sampling.seed and those after it
  Deadline deadline = {};      // the earliest of all that the dialect carries; the call's counts as well
  std::uint32_t priority = 0;  // 1 is the highest; 0: the model's own
  std::string client = {};     // whose share it takes; empty: interceptors::client_of() of the call
};

enum class Finish : std::uint8_t {
  kStop,    // the model's end token, or a stop string
  kLength,  // max_tokens
  kError,   // the status says why
};

/// One step of one of the sequences.
struct TextPiece {
  unsigned index = 0;  // which sequence
  std::string text;    // whole characters; empty while a character or a stop string may not be whole
  /// The token, with its logarithmic probability and what the sampling options ask for beside it. Its bytes
  /// may be in a later piece's text. Nothing of kError.
  std::optional<generation::SampledToken> sampled;
  /// Of the last piece of a sequence alone, which has all the text that was held back.
  std::optional<Finish> finish;
  Status status;  // OK unless kError
};

/// The text of one prompt's sequences, as it is made. Belongs to the event loop on which it was begun;
/// movable while nobody waits in next(). Destroyed, it is cancelled: what it held is free one step later at
/// most.
///
///   Task<Result<Generation>> beginning = generate(call, std::move(request));
///   Result<Generation> generation = co_await std::move(beginning);
///   if (!generation) co_return generation.error();
///   while (auto piece = co_await generation->next()) …
class [[nodiscard]] Generation {
 public:
  struct State;
  explicit Generation(std::unique_ptr<State> state);
  Generation(Generation&&) noexcept;
  Generation& operator=(Generation&&) noexcept;
  ~Generation();

  struct Next {
    State& state;

    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> reader);
    std::optional<TextPiece> await_resume();
  };
  /// The next piece of whichever sequence has one; nothing after the last piece of the last. Ready in the
  /// loop turn in which the step's result comes. Whoever does not ask pauses these sequences and no others.
  /// When the call is cancelled each sequence ends with kError and CANCELLED.
  Next next() { return {*state_}; }

  /// Nobody wants it any more: pages are free one step later at most. Each sequence that had not ended ends
  /// with kError and CANCELLED.
  void cancel();

  /// From now on it is cancelled with `call`, at once when that is. A call whose client reads so slowly that
  /// a sequence is ended (generation.slow_reader of model.yaml) is aborted with the reason.
  void cancel_with(ServerCall& call);

  /// For one that is not cancelled with a call: `tell` gets the reason when a sequence is ended because
  /// nobody takes its pieces. It may destroy this.
  void on_given_up(const std::function<void(const Status&)>& tell);

  std::size_t prompt_tokens() const;
  /// Of all sequences, so far; with end tokens.
  std::size_t made_tokens() const;
  const models::ModelHandle& model() const;

 private:
  std::unique_ptr<State> state_;
};

/// Begins to generate; on the call's loop, to which the result belongs. It is cancelled with the call. A long
/// prompt is encoded off the loop, a format that was not used lately compiled there.
///
/// UNIMPLEMENTED, MODEL_CANNOT, for a model that makes no text. INVALID_ARGUMENT: INVALID_INPUT for a prompt
/// that is empty, not UTF-8 or too long to be looked at, that spells a special token or has an unknown one,
/// for options out of their range, for a format that cannot be used (knob models::kFormatKnob);
/// PROMPT_TOO_LONG for more than the context. Else as GenerationLoop::start().
Task<Result<Generation>> generate(ServerCall& call, GenerateRequest request);
/// The same for a generation that outlives its call: neither the call's end nor its deadline ends it.
Task<Result<Generation>> generate_beyond(ServerCall& call, GenerateRequest request);

/// Whether `text` would become a special token somewhere, but for those that the model wants at the borders
/// of every text. Encodes it: a long text takes its time. Errors as Tokenizer::encode().
Result<bool> spells_special_token(const models::Tokenizer& tokenizer, std::string_view text);

}  // namespace parlance::text
