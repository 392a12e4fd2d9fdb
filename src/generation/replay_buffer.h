#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::generation {

struct ReplayLimits {
  /// Bytes of events that are kept: a client that lost its connection reads on from there. A story of 4,000
  /// tokens.
  std::size_t max_bytes = 256 * 1024;
  /// Events that are kept: each has a few dozen bytes beside its own.
  std::size_t max_events = 8192;
};

/// Why events are not there.
enum class ReplayError : std::uint8_t {
  kSuperseded,  // another consumer has attached since
  kGone,        // they were dropped to stay within the limits
  kNotYet,      // the number was never given out
};
std::string_view to_string(ReplayError error);

/// The last events of a stream, numbered from 1 on, so that a consumer whose connection broke can go on
/// behind the last one it has seen. One consumer at a time: who attaches last reads, who read before is told
/// so.
class ReplayBuffer {
 public:
  /// A consumer's right to read, until the next one attaches.
  using Attachment = std::uint64_t;

  struct Event {
    std::uint64_t number;
    std::string bytes;
    bool operator==(const Event&) const = default;
  };

  explicit ReplayBuffer(ReplayLimits limits) : limits_(limits) {}

  /// The event's number. The oldest ones go when there are too many; the newest is always kept.
  std::uint64_t append(std::string bytes);
  /// No more events come.
  void close() { closed_ = true; }

  Attachment attach() { return ++attached_; }
  bool is_current(Attachment attachment) const { return attachment == attached_; }

  /// The events after number `after`, at most `most` of them, the oldest first; empty: none are there yet. 0
  /// is before the first. Invalid after the next append() or acknowledge().
  std::expected<std::vector<const Event*>, ReplayError> read(Attachment attachment, std::uint64_t after,
                                                             std::size_t most) const;
  /// The consumer has them up to `number`, for good: they are dropped. Nothing happens when it is not the
  /// current one.
  void acknowledge(Attachment attachment, std::uint64_t number);

  std::uint64_t last_number() const { return next_ - 1; }
  /// Everything was appended, and `number` is the last.
  bool is_end(std::uint64_t number) const { return closed_ && number == last_number(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t size() const { return events_.size(); }

 private:
  void drop_first();

  ReplayLimits limits_;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 1;
  Attachment attached_ = 0;
  bool closed_ = false;
};

}  // namespace parlance::generation
