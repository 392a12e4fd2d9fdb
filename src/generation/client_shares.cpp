#include "generation/client_shares.h"

#include <algorithm>

namespace parlance::generation {

ClientShares::Entry& ClientShares::enter(std::string_view name) {
  auto at = clients_.find(name);
  if (at == clients_.end()) {
    const auto least =
        std::ranges::min_element(clients_, {}, [](const Entry& entry) { return entry.second.tokens; });
    const std::uint64_t tokens = least == clients_.end() ? 0 : least->second.tokens;
    at = clients_.emplace(name, Client{.tokens = tokens}).first;
  }
  ++at->second.sequences;
  return *at;
}

void ClientShares::leave(Entry& client) {
  if (--client.second.sequences == 0) clients_.erase(clients_.find(client.first));
}

}  // namespace parlance::generation
