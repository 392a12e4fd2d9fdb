#pragma once

#include <memory>
#include <string>
#include <vector>

#include "call_plan.h"
#include "plan_service.h"
#include "rpc/channel.h"
#include "rpc/server.h"
#include "simulated_network.h"

namespace parlance::simulation {

struct WorldOptions {
  Weather weather = {};
  std::size_t servers = 1;
  std::size_t clients = 1;
  /// Each client's channel knows every address; otherwise one of them.
  bool channels_know_all = false;
  ServerOptions server = {};
  ChannelOptions channel = {};
};

/// Servers and clients, each with loops of its own, on one simulated network.
class World {
 public:
  World(Simulation& simulation, const WorldOptions& options);
  /// Ends the simulation.
  ~World();

  const CallBook& book() const { return book_; }
  CallBook& book() { return book_; }
  SimulatedNetwork& network() { return *network_; }
  Server& server(std::size_t index) { return *servers_[index]; }
  std::size_t server_count() const { return servers_.size(); }
  std::size_t address_count() const { return addresses_.size(); }
  std::size_t client_count() const { return clients_.size(); }

  /// Begins a call by a client now.
  CallRecord& call(std::size_t client, CallPlan plan);
  /// Begins calls of any kind by any client, spread over `time`, and waits until all have ended.
  void call_at_random(std::size_t count, Duration time, const std::function<CallPlan()>& plan);
  void wait_for_calls(Duration limit);
  /// Every handler ends, every connection closes and every server stops, or it is a violation. Nothing may be
  /// asked of the world afterwards.
  void end();

 private:
  struct Client {
    net::Loop& loop;
    Channel channel;
  };

  void add_server(const ServerOptions& options);
  void add_client(const WorldOptions& options);
  std::string target(bool all);

  Simulation& simulation_;
  CallBook book_;
  const std::shared_ptr<SimulatedNetwork> network_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<Client> clients_;
};

}  // namespace parlance::simulation
