#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "generation/token.h"

namespace parlance::generation {

/// Which tokens may be next: bit t % 32 of word t / 32 for token t. Those beyond the words may not.
using TokenMask = std::span<const std::uint32_t>;

constexpr bool is_allowed(TokenMask mask, Token token) {
  const auto index = static_cast<std::size_t>(token);
  return index / 32 < mask.size() && (mask[index / 32] >> (index % 32) & 1U) != 0;
}

/// Where one sequence stands in the form that its text is held to. For one thread.
class TokenConstraint {
 public:
  TokenConstraint() = default;
  TokenConstraint(const TokenConstraint&) = delete;
  TokenConstraint& operator=(const TokenConstraint&) = delete;
  virtual ~TokenConstraint() = default;

  /// What may be next; end tokens only where the text may end. Nothing at all: the text is whole and there is
  /// no end token, or the model's tokens cannot spell what has to follow. Valid until accept().
  virtual TokenMask allowed() = 0;
  /// Goes on with a token that was allowed. End tokens are not accepted: they end the sequence.
  virtual void accept(Token token) = 0;
  /// The text is whole, and only its end could follow.
  virtual bool is_over() = 0;
};

/// A form that texts can be held to. Any number of threads may use one at once.
class TokenGrammar {
 public:
  TokenGrammar() = default;
  TokenGrammar(const TokenGrammar&) = delete;
  TokenGrammar& operator=(const TokenGrammar&) = delete;
  virtual ~TokenGrammar() = default;

  /// For a sequence that begins, before its first token. It keeps what it needs of this.
  virtual std::unique_ptr<TokenConstraint> begin() const = 0;
};

}  // namespace parlance::generation
