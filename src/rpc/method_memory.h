#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "rpc/client_method.h"
#include "rpc/service_config.h"

namespace parlance::detail {

class ChannelCore;

/// What one loop remembers of a channel's methods, so that a call asks neither the channel, which other
/// threads ask too, nor the service config.
class MethodMemory {
 public:
  /// As ChannelCore::find_method. Quick for a text that lies where it lay before: generated code has each
  /// path once.
  const ClientMethod* find(ChannelCore& core, std::string_view path);
  /// `service_config.method(method.path())`, of the same config each time until forget_configs().
  const MethodConfig& config(const ClientMethod& method, const ServiceConfig& service_config);
  void forget_configs() { configs_.clear(); }

 private:
  struct Place {
    std::string_view text;  // only where it lies counts: what lies there may have changed
    const ClientMethod* method = nullptr;
  };
  Place& place_of(std::string_view path);

  std::array<Place, 16> places_{};
  std::vector<const MethodConfig*> configs_;  // by ClientMethod::index(); null: not asked for yet
};

}  // namespace parlance::detail
