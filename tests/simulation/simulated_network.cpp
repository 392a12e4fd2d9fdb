#include "simulated_network.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/concat.h"

namespace parlance::simulation {
namespace {

using net::ByteStream;
using net::ConnectAttempt;
using net::Endpoint;
using net::IoResult;
using net::Listener;
using net::Loop;
using net::LoopHandle;

// A connection that is to break does so within this many bytes.
constexpr std::size_t kBreaksWithinBytes = 300'000;
// When the ends of a silent connection give up.
constexpr std::chrono::seconds kShortestSilence{5};
constexpr std::chrono::seconds kLongestSilence{300};
constexpr int kMostSegments = 4;

std::error_code error_of(std::errc code) { return std::make_error_code(code); }

}  // namespace

/// Two ends, and the bytes on their way to each.
class SimulatedNetwork::Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct End {
    LoopHandle loop;
    Endpoint name;
    ByteStream::Observer* reader = nullptr;
    ByteStream::Observer* writer = nullptr;
    bool open = true;
    std::error_code broken = {};
    // What the other end has sent to this one.
    std::vector<std::byte> arrived = {};
    std::size_t on_their_way = 0;
    std::size_t carried = 0;
    TimePoint last_arrival = {};
    bool eof_sent = false;
    bool eof = false;
  };

  Connection(Simulation& simulation, const Weather& weather, std::size_t number, std::array<End, 2> ends)
      : simulation_(simulation),
        weather_(weather),
        number_(number),
        capacity_bytes_(simulation.size_between(weather.least_buffer_bytes, weather.most_buffer_bytes)),
        ends_(std::move(ends)) {
    silent_ = simulation_.chance(weather_.black_hole);
    if (silent_ || simulation_.chance(weather_.cut)) {
      breaks_towards_ = simulation_.below(2);
      breaks_at_ = simulation_.size_between(1, kBreaksWithinBytes);
    }
  }

  End& end(std::size_t side) { return ends_[side]; }

  IoResult read(std::size_t side, MutableBytes into);
  IoResult write(std::size_t side, std::span<const iovec> parts);
  void send_eof(std::size_t side);
  void close(std::size_t side);
  void tell_reader(std::size_t side);
  void tell_writer(std::size_t side);
  std::size_t room_towards(std::size_t side) const {
    return capacity_bytes_ - ends_[side].on_their_way - ends_[side].arrived.size();
  }

 private:
  Duration delay();
  // In order behind whatever was sent to that side before.
  void later(std::size_t side, Simulation::Job job);
  void send(std::size_t side, std::vector<std::byte> bytes);
  void arrive(std::size_t side, std::vector<std::byte> bytes);
  void reset(std::size_t side, std::errc code);
  void break_off();
  void note(std::size_t side, std::string_view what, std::size_t size_bytes) {
    simulation_.note(
        concat("connection ", number_, side == 0 ? " client " : " server ", what, " ", size_bytes));
  }

  Simulation& simulation_;
  const Weather weather_;
  const std::size_t number_;
  const std::size_t capacity_bytes_;
  std::array<End, 2> ends_;
  bool silent_ = false;  // when it breaks, nobody is told
  bool broken_off_ = false;
  std::optional<std::size_t> breaks_at_;
  std::size_t breaks_towards_ = 0;
};

Duration SimulatedNetwork::Connection::delay() {
  Duration time = simulation_.between(weather_.least_delay, weather_.most_delay);
  if (simulation_.chance(weather_.stall)) time += simulation_.between({}, weather_.longest_stall);
  return time;
}

void SimulatedNetwork::Connection::later(std::size_t side, Simulation::Job job) {
  End& to = ends_[side];
  to.last_arrival = std::max(to.last_arrival, simulation_.now() + delay());
  simulation_.after(to.last_arrival - simulation_.now(),
                    [self = shared_from_this(), job = std::move(job)]() mutable {
                      if (!self->broken_off_) job();
                    });
}

IoResult SimulatedNetwork::Connection::read(std::size_t side, MutableBytes into) {
  End& end = ends_[side];
  if (end.arrived.empty()) {
    if (end.broken) return {.error = end.broken};
    return {.would_block = !end.eof, .closed = end.eof};
  }
  std::size_t size = std::min(into.size(), end.arrived.size());
  if (simulation_.chance(weather_.partial)) size = 1 + simulation_.below(size);
  const auto last = end.arrived.begin() + static_cast<std::ptrdiff_t>(size);
  std::copy(end.arrived.begin(), last, into.begin());
  end.arrived.erase(end.arrived.begin(), last);
  note(side, "reads", size);
  tell_writer(1 - side);
  return {.size_bytes = size};
}

IoResult SimulatedNetwork::Connection::write(std::size_t side, std::span<const iovec> parts) {
  if (ends_[side].broken) return {.error = ends_[side].broken};
  std::size_t room = room_towards(1 - side);
  if (room == 0) return {.would_block = true};
  if (simulation_.chance(weather_.partial)) room = 1 + simulation_.below(room);
  std::vector<std::byte> taken;
  for (const iovec& part : parts) {
    const auto* data = static_cast<const std::byte*>(part.iov_base);
    taken.insert(taken.end(), data, data + std::min(part.iov_len, room - taken.size()));
  }
  const std::size_t size = taken.size();
  note(side, "writes", size);
  send(1 - side, std::move(taken));
  return {.size_bytes = size};
}

void SimulatedNetwork::Connection::send(std::size_t side, std::vector<std::byte> bytes) {
  ends_[side].on_their_way += bytes.size();
  auto next = bytes.begin();
  for (std::uint64_t segments = 1 + simulation_.below(kMostSegments); next != bytes.end(); --segments) {
    const auto left = static_cast<std::size_t>(bytes.end() - next);
    const std::size_t size = segments <= 1 ? left : 1 + simulation_.below(left);
    std::vector<std::byte> segment{next, next + static_cast<std::ptrdiff_t>(size)};
    next += static_cast<std::ptrdiff_t>(size);
    later(side, [this, side, segment = std::move(segment)]() mutable { arrive(side, std::move(segment)); });
    if (segments <= 1) break;
  }
}

void SimulatedNetwork::Connection::arrive(std::size_t side, std::vector<std::byte> bytes) {
  End& end = ends_[side];
  end.on_their_way -= bytes.size();
  if (!end.open) return reset(1 - side, std::errc::connection_reset);
  const bool breaks = breaks_at_ && breaks_towards_ == side && end.carried + bytes.size() >= *breaks_at_;
  if (breaks) bytes.resize(*breaks_at_ - end.carried);
  end.carried += bytes.size();
  end.arrived.insert(end.arrived.end(), bytes.begin(), bytes.end());
  tell_reader(side);
  if (breaks) break_off();
}

// What has not arrived is lost, and what has may be.
void SimulatedNetwork::Connection::break_off() {
  broken_off_ = true;
  note(0, silent_ ? "falls silent" : "is cut", ends_[0].carried);
  const Duration told_after =
      silent_ ? simulation_.between(kShortestSilence, kLongestSilence) : Duration::zero();
  const std::errc code = silent_ ? std::errc::timed_out : std::errc::connection_reset;
  simulation_.after(told_after, [self = shared_from_this(), code] {
    self->reset(0, code);
    self->reset(1, code);
  });
}

void SimulatedNetwork::Connection::reset(std::size_t side, std::errc code) {
  End& end = ends_[side];
  if (!end.open || end.broken) return;
  end.broken = error_of(code);
  if (simulation_.chance(0.5)) end.arrived.clear();
  note(side, "is reset", end.arrived.size());
  tell_reader(side);
  tell_writer(side);
}

void SimulatedNetwork::Connection::send_eof(std::size_t side) {
  if (std::exchange(ends_[1 - side].eof_sent, true)) return;
  later(1 - side, [this, to = 1 - side] {
    ends_[to].eof = true;
    tell_reader(to);
  });
}

void SimulatedNetwork::Connection::close(std::size_t side) {
  End& end = ends_[side];
  end.open = false;
  end.reader = end.writer = nullptr;
  note(side, "closes", end.arrived.size());
  if (end.arrived.empty()) return send_eof(side);
  later(1 - side, [this, to = 1 - side] { reset(to, std::errc::connection_reset); });
}

void SimulatedNetwork::Connection::tell_reader(std::size_t side) {
  const End& end = ends_[side];
  if (end.reader == nullptr || (end.arrived.empty() && !end.eof && !end.broken)) return;
  end.loop.post([self = shared_from_this(), side] {
    if (ByteStream::Observer* reader = std::exchange(self->ends_[side].reader, nullptr))
      reader->on_readable();
  });
}

void SimulatedNetwork::Connection::tell_writer(std::size_t side) {
  const End& end = ends_[side];
  if (end.writer == nullptr || (room_towards(1 - side) == 0 && !end.broken)) return;
  end.loop.post([self = shared_from_this(), side] {
    if (ByteStream::Observer* writer = std::exchange(self->ends_[side].writer, nullptr))
      writer->on_writable();
  });
}

class SimulatedNetwork::Stream final : public ByteStream {
 public:
  Stream(std::shared_ptr<Connection> connection, std::size_t side, std::shared_ptr<std::size_t> open_ends)
      : connection_(std::move(connection)), side_(side), open_ends_(std::move(open_ends)) {
    ++*open_ends_;
  }
  ~Stream() override { shut(); }

  void watch_readable(Observer& observer) override {
    if (std::exchange(end().reader, &observer) == nullptr) connection_->tell_reader(side_);
  }
  void watch_writable(Observer& observer) override {
    if (std::exchange(end().writer, &observer) == nullptr) connection_->tell_writer(side_);
  }
  IoResult read(MutableBytes into) override { return connection_->read(side_, into); }
  IoResult write(std::span<const iovec> parts) override { return connection_->write(side_, parts); }
  void shut_down_writing() override { connection_->send_eof(side_); }
  void close() override { shut(); }
  const Endpoint& peer() const override { return connection_->end(1 - side_).name; }
  const Endpoint& local() const override { return connection_->end(side_).name; }

 private:
  Connection::End& end() { return connection_->end(side_); }
  void shut() {
    if (!end().open) return;
    connection_->close(side_);
    --*open_ends_;
  }

  const std::shared_ptr<Connection> connection_;
  const std::size_t side_;
  const std::shared_ptr<std::size_t> open_ends_;
};

/// Somebody who listens.
struct SimulatedNetwork::Place {
  LoopHandle loop;
  Endpoint endpoint;
  bool open = true;
  Listener::OnAccept on_accept = {};
};

class SimulatedNetwork::PlaceListener final : public Listener {
 public:
  explicit PlaceListener(std::shared_ptr<Place> place) : place_(std::move(place)) {}
  ~PlaceListener() override { place_->open = false; }
  const Endpoint& local() const override { return place_->endpoint; }
  void start(OnAccept on_accept) override { place_->on_accept = std::move(on_accept); }
  void close() override { place_->open = false; }

 private:
  const std::shared_ptr<Place> place_;
};

class SimulatedNetwork::Attempt final : public ConnectAttempt {
 public:
  explicit Attempt(std::shared_ptr<OnDone> waiting) : waiting_(std::move(waiting)) {}
  ~Attempt() override { *waiting_ = nullptr; }

  // On the loop, unless nobody waits any more by then.
  static void finish(const LoopHandle& loop, const std::shared_ptr<OnDone>& waiting, Result result) {
    loop.post([waiting, result = std::move(result)]() mutable {
      if (OnDone callback = std::exchange(*waiting, nullptr)) callback(std::move(result));
    });
  }

 private:
  const std::shared_ptr<OnDone> waiting_;
};

SimulatedNetwork::SimulatedNetwork(Simulation& simulation, const Weather& weather)
    : simulation_(simulation), weather_(weather) {}

SimulatedNetwork::~SimulatedNetwork() = default;

std::expected<std::unique_ptr<Listener>, std::string> SimulatedNetwork::listen(Loop& loop,
                                                                               const Endpoint& endpoint) {
  auto place = std::make_shared<Place>(Place{loop.handle(), endpoint});
  places_[endpoint.to_string()].push_back(place);
  return std::make_unique<PlaceListener>(std::move(place));
}

std::shared_ptr<SimulatedNetwork::Place> SimulatedNetwork::place_at(const std::string& address) {
  std::vector<std::shared_ptr<Place>> open;
  for (const auto& known : places_[address]) {
    if (auto place = known.lock(); place != nullptr && place->open) open.push_back(std::move(place));
  }
  return open.empty() ? nullptr : open[simulation_.below(open.size())];
}

std::unique_ptr<ByteStream> SimulatedNetwork::join(const LoopHandle& loop,
                                                   const std::shared_ptr<Place>& place) {
  const std::size_t number = next_connection_++;
  const Endpoint client = *Endpoint::parse("10.1.0.1:" + std::to_string(10'000 + number % 50'000));
  std::array<Connection::End, 2> ends{Connection::End{.loop = loop, .name = client},
                                      Connection::End{.loop = place->loop, .name = place->endpoint}};
  simulation_.note(concat("connection ", number, " to ", place->endpoint.to_string()));
  auto connection = std::make_shared<Connection>(simulation_, weather_, number, std::move(ends));
  place->loop.post([place, stream = std::make_unique<Stream>(connection, 1, open_ends_)]() mutable {
    if (place->open && place->on_accept) place->on_accept(std::move(stream));
  });
  return std::make_unique<Stream>(connection, 0, open_ends_);
}

std::unique_ptr<ConnectAttempt> SimulatedNetwork::connect(Loop& loop, const Endpoint& endpoint,
                                                          Duration timeout, ConnectAttempt::OnDone on_done) {
  const std::string address = endpoint.to_string();
  auto waiting = std::make_shared<ConnectAttempt::OnDone>(std::move(on_done));
  const Duration takes = delay() + delay();
  const bool ignored = simulation_.chance(weather_.ignore) || takes >= timeout;
  const bool refused = simulation_.chance(weather_.refuse);
  simulation_.after(ignored ? timeout : takes,
                    [this, loop = loop.handle(), address, waiting, ignored, refused] {
                      if (!*waiting) return;
                      ConnectAttempt::Result result = std::unexpected(address + ": no answer in time");
                      if (!ignored) result = answer(loop, address, refused);
                      Attempt::finish(loop, waiting, std::move(result));
                    });
  return std::make_unique<Attempt>(std::move(waiting));
}

ConnectAttempt::Result SimulatedNetwork::answer(const LoopHandle& loop, const std::string& address,
                                                bool refused) {
  const auto place = refused ? nullptr : place_at(address);
  simulation_.note(concat("connecting to ", address, place == nullptr ? ": refused" : ": accepted"));
  if (place == nullptr) return std::unexpected(address + ": Connection refused");
  return join(loop, place);
}

}  // namespace parlance::simulation
