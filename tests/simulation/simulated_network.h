#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/network.h"
#include "simulation.h"

namespace parlance::simulation {

/// What a network does to those who use it. Probabilities are per connection but where it says otherwise.
struct Weather {
  Duration least_delay = std::chrono::microseconds{50};
  Duration most_delay = std::chrono::milliseconds{40};
  /// Bytes on their way and unread, each way; drawn for every connection.
  std::size_t least_buffer_bytes = 256;
  std::size_t most_buffer_bytes = 256 * 1024;
  /// Per read and write: takes or gives less than it could.
  double partial = 0.3;
  /// Per segment: held up for as much as `longest_stall`.
  double stall = 0.01;
  Duration longest_stall = std::chrono::milliseconds{500};
  /// Connecting is refused, or never answered.
  double refuse = 0;
  double ignore = 0;
  /// Broken off at a byte of its own, most often amid a frame; both ends are told.
  double cut = 0;
  /// Goes silent at such a byte; the ends are told after some minutes.
  double black_hole = 0;
};

/// TCP as the programs of a simulation see it: connections of bytes in order, with delays, partial reads and
/// writes, and the faults of its Weather. Closing with bytes unread resets, as the kernel's does.
class SimulatedNetwork final : public net::Network {
 public:
  SimulatedNetwork(Simulation& simulation, const Weather& weather);
  ~SimulatedNetwork() override;

  /// An address is that of whoever listens on it; several loops may share one.
  std::expected<std::unique_ptr<net::Listener>, std::string> listen(net::Loop& loop,
                                                                    const net::Endpoint& endpoint) override;
  std::unique_ptr<net::ConnectAttempt> connect(net::Loop& loop, const net::Endpoint& endpoint,
                                               Duration timeout,
                                               net::ConnectAttempt::OnDone on_done) override;

  /// Faults end: connections made from now on have only delays.
  void calm() { weather_.refuse = weather_.ignore = weather_.cut = weather_.black_hole = 0; }
  /// Ends of connections that nobody has closed yet.
  std::size_t open_ends() const { return *open_ends_; }

 private:
  class Connection;
  class Stream;
  struct Place;
  class PlaceListener;
  class Attempt;

  Duration delay() const { return simulation_.between(weather_.least_delay, weather_.most_delay); }
  std::shared_ptr<Place> place_at(const std::string& address);
  net::ConnectAttempt::Result answer(const net::LoopHandle& loop, const std::string& address, bool refused);
  std::unique_ptr<net::ByteStream> join(const net::LoopHandle& loop, const std::shared_ptr<Place>& place);

  Simulation& simulation_;
  Weather weather_;
  std::map<std::string, std::vector<std::weak_ptr<Place>>> places_;
  std::shared_ptr<std::size_t> open_ends_ = std::make_shared<std::size_t>(0);
  std::size_t next_connection_ = 1;
};

}  // namespace parlance::simulation
