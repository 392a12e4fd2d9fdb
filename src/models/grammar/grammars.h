#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/status.h"
#include "models/grammar/grammar_compiler.h"
#include "models/grammar/text_format.h"

namespace parlance::models {

struct GrammarsLimits {
  FormatLimits format = {};
  // Of grammars that are kept for the next who asks; at least the last one is. Those that are used live on.
  std::size_t max_kept = 64;
  std::size_t max_kept_bytes = std::size_t{64} * 1024 * 1024;
};

/// The grammars of one model version, compiled when they are first asked for. Thread-safe.
class Grammars {
 public:
  /// `model` is a name for messages; `tokenizer` outlives this.
  Grammars(std::string model, const Tokenizer& tokenizer, const GrammarsLimits& limits = {});

  using Grammar = std::shared_ptr<const generation::TokenGrammar>;
  /// What is kept; null when `format` has to be compiled.
  Grammar find(const TextFormat& format);
  /// Compiles it if it must, on this thread, which takes from a millisecond up to seconds: not on an event
  /// loop. INVALID_ARGUMENT, INVALID_INPUT, knob kFormatKnob, for what is no schema or expression, or asks
  /// for what texts cannot be held to.
  Result<Grammar> compile(const TextFormat& format);

 private:
  struct Kept {
    TextFormat format;
    GrammarCompiler::Compiled compiled;
  };
  /// Made when it is first needed: most models never are asked.
  struct Lazy {
    const GrammarCompiler& get(const Tokenizer& tokenizer, Letters letters);
    std::once_flag made;
    std::optional<GrammarCompiler> compiler;
  };
  void keep(const TextFormat& format, const GrammarCompiler::Compiled& compiled);

  const std::string model_;
  const Tokenizer& tokenizer_;
  const GrammarsLimits limits_;
  Lazy of_json_;
  Lazy of_text_;
  std::mutex mutex_;
  std::list<Kept> kept_;        // guarded by mutex_; the one used last comes first
  std::size_t kept_bytes_ = 0;  // guarded by mutex_
};

}  // namespace parlance::models
