#include "world.h"

#include <algorithm>

#include "base/concat.h"
#include "plan_client.h"

namespace parlance::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Longer than anything here takes: a body at a few bytes a round trip, and the minutes until a silent
// connection is given up, several times over.
constexpr hours kPatience{24};
// Addresses, and loops, of one server at most.
constexpr std::size_t kMostAddresses = 2;
constexpr std::size_t kMostLoops = 3;

}  // namespace

World::World(Simulation& simulation, const WorldOptions& options)
    : simulation_(simulation),
      book_(simulation),
      network_(std::make_shared<SimulatedNetwork>(simulation, options.weather)) {
  for (std::size_t i = 0; i < options.servers; ++i) add_server(options.server);
  for (std::size_t i = 0; i < options.clients; ++i) add_client(options);
}

// Servers that have not ended, which is a violation reported by then, cannot be destroyed.
World::~World() {
  simulation_.end();
  static auto* const wrecks = new std::vector<std::unique_ptr<Server>>;
  std::ranges::move(servers_, std::back_inserter(*wrecks));
}

void World::add_server(const ServerOptions& given) {
  ServerOptions options = given;
  options.network = network_;
  options.log = [this](LogLevel, std::string_view text) { simulation_.note(concat("server: ", text)); };
  options.listen.clear();
  for (std::size_t i = 0; i <= simulation_.below(kMostAddresses); ++i) {
    options.listen.push_back(concat("10.0.", servers_.size(), ".", i + 1, ":50051"));
  }
  for (std::size_t i = 0; i <= simulation_.below(kMostLoops); ++i)
    options.loops.push_back(&simulation_.add_loop());
  addresses_.insert(addresses_.end(), options.listen.begin(), options.listen.end());
  servers_.push_back(std::make_unique<Server>(std::move(options)));
  servers_.back()->add(std::make_shared<PlanService>(book_, servers_.size() - 1));
  require(servers_.back()->start().has_value(), "World: a server does not start");
}

std::string World::target(bool all) {
  if (!all) return addresses_[simulation_.below(addresses_.size())];
  std::string list = "ipv4:" + addresses_.front();
  for (std::size_t i = 1; i < addresses_.size(); ++i) list += "," + addresses_[i];
  return list;
}

void World::add_client(const WorldOptions& options) {
  ChannelOptions channel = options.channel;
  channel.connector = network_;
  clients_.push_back(
      {simulation_.add_loop(), Channel::open(target(options.channels_know_all), std::move(channel))});
}

CallRecord& World::call(std::size_t client, CallPlan plan) {
  CallRecord& record = book_.begin(std::move(plan));
  spawn(clients_[client].loop, make_call(book_, record, clients_[client].channel));
  return record;
}

void World::call_at_random(std::size_t count, Duration time, const std::function<CallPlan()>& plan) {
  for (std::size_t i = 0; i < count; ++i) {
    simulation_.after(simulation_.between({}, time),
                      [this, plan] { call(simulation_.below(clients_.size()), plan()); });
  }
  simulation_.run_for(time);
  wait_for_calls(kPatience);
}

void World::wait_for_calls(Duration limit) {
  simulation_.run_until([this] { return book_.all_ended(); }, limit, "the end of every call");
}

void World::end() {
  simulation_.run_until([this] { return book_.handlers_running() == 0; }, kPatience,
                        "the end of every handler");
  clients_.clear();
  for (const auto& server : servers_) server->shutdown(milliseconds{0});
  const auto ended = [](const auto& server) { return server->ended(); };
  simulation_.run_until([&] { return std::ranges::all_of(servers_, ended); }, kPatience,
                        "the end of every server");
  simulation_.run_until([this] { return network_->open_ends() == 0; }, kPatience,
                        "the end of every connection");
  simulation_.run_for(hours{1});
  servers_.clear();
}

}  // namespace parlance::simulation
