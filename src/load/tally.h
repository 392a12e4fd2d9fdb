#pragma once

#include <array>
#include <cstdint>

#include "base/status.h"
#include "load/histogram.h"

namespace parlance::load {

inline constexpr std::size_t kStatusCodes = 17;

/// What is counted of a step. Times, statuses and unfinished calls belong to the step in which a call was
/// meant to begin; `finished`, messages and bytes to the one in which they were seen.
struct Tally {
  Histogram latency;         // from the moment the call was meant to begin to its status, whatever that is
  Histogram first_response;  // of server-streaming and bidi calls: to the first message
  Histogram round_trip;      // of bidi calls with a pipeline: from a request to its response

  std::array<std::uint64_t, kStatusCodes> statuses{};
  std::array<Status, kStatusCodes> first_errors{};  // OK where there was none
  std::uint64_t finished = 0;
  std::uint64_t unfinished = 0;  // open at the end of the grace period, and cancelled
  std::uint64_t not_sent = 0;    // due within the step, for which no stream came free; latency: until its end
  std::uint64_t waited = 0;      // due while every stream was taken, and sent later

  std::uint64_t messages_sent = 0;
  std::uint64_t messages_received = 0;
  std::uint64_t bytes_sent = 0;  // of messages, without their prefixes and without HTTP/2
  std::uint64_t bytes_received = 0;
  Duration cpu = Duration::zero();  // of the loops' threads

  void count(const Status& status) {
    const auto code = static_cast<std::size_t>(status.code());
    ++statuses[code];
    if (!status.ok() && first_errors[code].ok()) first_errors[code] = status;
  }
  std::uint64_t calls() const;
  std::uint64_t failed() const { return calls() - statuses[0]; }
  void merge(const Tally& other);
};

}  // namespace parlance::load
