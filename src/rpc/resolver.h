#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::detail {

struct ChannelConfig;

/// Turns a channel's target into addresses, again and again. Belongs to one loop; destroying it stops it.
class Resolver {
 public:
  struct Answer {
    std::vector<net::Endpoint> endpoints;
    /// JSON of a service config, if the name came with one.
    std::optional<std::string> service_config = {};
  };
  class Listener {
   public:
    virtual void on_resolved(Answer answer) = 0;
    /// `why` in words. The resolver tries again by itself.
    virtual void on_resolution_failed(const std::string& why) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Resolver() = default;
  /// The first answer is wanted; may come from within this.
  virtual void start() = 0;
  /// The addresses seem to be outdated (none can be reached): asks again, though not too often.
  virtual void resolve_again() = 0;

  /// For the target of `config`, which parses. Both outlive the resolver.
  static std::unique_ptr<Resolver> make(net::Loop& loop, const ChannelConfig& config, Listener& listener);
};

}  // namespace parlance::detail
