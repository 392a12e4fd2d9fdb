#include "load/tally.h"

#include <numeric>

namespace parlance::load {

std::uint64_t Tally::calls() const {
  return std::accumulate(statuses.begin(), statuses.end(), std::uint64_t{0});
}

void Tally::merge(const Tally& other) {
  latency.merge(other.latency);
  first_response.merge(other.first_response);
  round_trip.merge(other.round_trip);
  for (std::size_t code = 0; code < kStatusCodes; ++code) {
    statuses[code] += other.statuses[code];
    if (first_errors[code].ok()) first_errors[code] = other.first_errors[code];
  }
  finished += other.finished;
  unfinished += other.unfinished;
  not_sent += other.not_sent;
  waited += other.waited;
  messages_sent += other.messages_sent;
  messages_received += other.messages_received;
  bytes_sent += other.bytes_sent;
  bytes_received += other.bytes_received;
  cpu += other.cpu;
}

}  // namespace parlance::load
