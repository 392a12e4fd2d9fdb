#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace parlance::generation {

/// How many tokens were computed for each client, so that the one who had least comes first. Only clients who
/// have a sequence are known: who comes anew begins at the least of those present, so that having been away
/// is no credit (virtual token counters; Sheng et al., "Fairness in Serving Large Language Models", 2024).
class ClientShares {
 public:
  struct Client {
    std::uint64_t tokens = 0;
    std::size_t sequences = 0;
  };
  using Entry = std::map<std::string, Client, std::less<>>::value_type;

  /// A sequence of `name` has come. The entry lives until leave() was called as often.
  Entry& enter(std::string_view name);
  void leave(Entry& client);

  std::size_t clients() const { return clients_.size(); }

 private:
  std::map<std::string, Client, std::less<>> clients_;
};

}  // namespace parlance::generation
