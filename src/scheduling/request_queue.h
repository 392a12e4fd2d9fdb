#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/model_config.h"
#include "scheduling/waiting.h"

namespace parlance::scheduling {

/// The requests that wait for one version, in the order in which they are to be run. Knows no clock.
///
/// Order kDeadline: the highest priority first; among equal ones the client who has had the least, in steps
/// of `quantum_rows` (start-time fair queueing: Goyal, Vin, Cheng, SIGCOMM 1996, with rows for bytes); among
/// clients who have had alike the earliest deadline. So one client alone gets earliest-deadline-first, and a
/// flood of one client's requests delays nobody else's by more than a quantum. A request without a deadline
/// counts as due kPatience after it came: requests in a hurry do not keep it back for ever.
///
/// Order kArrival: as they came.
class RequestQueue {
 public:
  RequestQueue(models::QueueOrder order, std::size_t quantum_rows)
      : order_(order), quantum_rows_(quantum_rows > 0 ? quantum_rows : 1) {}

  void push(Waiting& request);
  /// It leaves without having been run.
  void remove(Waiting& request);
  /// It leaves to be run: its rows count for its client.
  void serve(Waiting& request);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t rows() const { return rows_; }

  /// Who is to give way when there is no room: the one run last of the client who has the most waiting, in
  /// the lowest priority. Only when not empty.
  Waiting& last() const;

  class Walk;
  /// Every request, in the order in which they would be run if nobody came or left. Valid while nothing
  /// changes.
  Walk walk() const;

  static constexpr Duration kPatience = std::chrono::seconds{10};

 private:
  /// When it is due, for the order within a client.
  struct Place {
    TimePoint due;
    std::uint64_t number;
    auto operator<=>(const Place&) const = default;
  };
  struct Client {
    std::uint64_t served_rows = 0;  // counted from where the least served one stood when this one came
    std::map<Place, Waiting*> requests;
  };
  struct Level {
    std::uint64_t floor_rows = 0;  // what the client served last had had before
    std::map<std::string, Client, std::less<>> clients;
  };
  using Levels = std::map<std::uint32_t, Level>;  // by priority

  Place place_of(const Waiting& request) const;
  std::uint32_t level_of(const Waiting& request) const;
  std::string_view client_of(const Waiting& request) const;
  void take_out(Levels::iterator level, decltype(Level::clients)::iterator client, const Waiting& request);

  const models::QueueOrder order_;
  const std::size_t quantum_rows_;
  Levels levels_;
  std::size_t size_ = 0;
  std::size_t rows_ = 0;
};

/// See RequestQueue::walk().
class RequestQueue::Walk {
 public:
  /// Null after the last.
  Waiting* next();

 private:
  friend class RequestQueue;
  using Requests = std::map<Place, Waiting*>;
  struct Head {
    std::uint64_t turn;  // served_rows in quanta
    Place place;
    std::uint64_t served_rows;
    Requests::const_iterator at;
    Requests::const_iterator end;

    static bool later(const Head& a, const Head& b) {
      return a.turn != b.turn ? a.turn > b.turn : a.place > b.place;
    }
  };

  explicit Walk(const RequestQueue& queue) : queue_(queue), level_(queue.levels_.begin()) { enter_level(); }
  void enter_level();

  const RequestQueue& queue_;
  Levels::const_iterator level_;
  std::vector<Head> heads_;  // a heap, the first on top
};

}  // namespace parlance::scheduling
