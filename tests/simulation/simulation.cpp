#include "simulation.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "net/random.h"

namespace parlance::simulation {
namespace {

// Far more than any world here needs; one that takes more spins.
constexpr std::size_t kMostTurns = 5'000'000;

// FNV-1a, 64 bits.
constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t kHashFactor = 0x100000001b3;

std::uint64_t hashed(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * kHashFactor;
  return hash;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, bool print_trace)
    : random_(seed), print_trace_(print_trace), trace_hash_(kHashStart) {
  net::seed_random(seed);
}

// What events and loops own may make new events while it goes.
void Simulation::end() {
  drop_events();
  loops_.clear();
  drop_events();
}

void Simulation::drop_events() {
  while (!events_.empty()) std::exchange(events_, {}).clear();
}

Duration Simulation::between(Duration least, Duration most) {
  return least +
         Duration{static_cast<Duration::rep>(below(static_cast<std::uint64_t>((most - least).count()) + 1))};
}

std::size_t Simulation::size_between(std::size_t least, std::size_t most) {
  std::uniform_real_distribution magnitude{std::log(static_cast<double>(least)),
                                           std::log(static_cast<double>(most) + 1)};
  return std::clamp(static_cast<std::size_t>(std::exp(magnitude(random_))), least, most);
}

void Simulation::step_clock(Duration time) {
  note("the clock steps");
  stepped_ += time;
  clock_.advance_to(now() + time);
}

net::Loop& Simulation::add_loop() { return *loops_.emplace_back(std::make_unique<net::Loop>()); }

// Which loop comes first is left to chance; whoever has work gets a turn.
bool Simulation::step_a_loop() {
  if (loops_.empty()) return false;
  const std::size_t first = below(loops_.size());
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (loops_[(first + i) % loops_.size()]->step()) return true;
  }
  return false;
}

TimePoint Simulation::next_moment() const {
  TimePoint next = events_.empty() ? TimePoint::max() : events_.begin()->first.first;
  for (const auto& loop : loops_) next = std::min(next, loop->next_timer());
  return next;
}

// One thing happens, at the latest at `limit`; false when nothing did.
bool Simulation::advance(TimePoint limit) {
  if (++turns_ > kMostTurns) return false;
  if (step_a_loop()) return true;
  const TimePoint next = next_moment();
  if (next > limit) return false;
  clock_.advance_to(next);
  if (!events_.empty() && events_.begin()->first.first <= now()) {
    Job job = std::move(events_.extract(events_.begin()).mapped());
    job();
  }
  return true;
}

void Simulation::run_until(const std::function<bool()>& reached, Duration limit, std::string_view what) {
  const TimePoint latest = now() + limit;
  while (!reached()) {
    if (advance(latest)) continue;
    return violated("never happened: " + std::string{what});
  }
}

void Simulation::run_for(Duration time) {
  const TimePoint end = now() + time;
  while (advance(end)) {
  }
  clock_.advance_to(end);
}

void Simulation::note(std::string_view what) {
  const auto time_ns = static_cast<std::uint64_t>(elapsed().count());
  trace_hash_ = hashed(hashed(trace_hash_, std::to_string(time_ns)), what);
  if (print_trace_) {
    std::fprintf(stderr, "%14.6f s  %.*s\n", static_cast<double>(time_ns) / 1e9,
                 static_cast<int>(what.size()), what.data());
  }
}

void Simulation::violated(std::string what) {
  note("VIOLATED: " + what);
  violations_.push_back(std::move(what));
}

}  // namespace parlance::simulation
