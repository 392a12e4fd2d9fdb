#include "generation/replay_buffer.h"

#include <utility>

#include "base/assert.h"

namespace parlance::generation {

std::string_view to_string(ReplayError error) {
  switch (error) {
    case ReplayError::kSuperseded:
      return "another client reads this stream now";
    case ReplayError::kGone:
      return "the stream no longer has what follows this number";
    case ReplayError::kNotYet:
      return "the stream has not come to this number";
  }
  return "";
}

std::uint64_t ReplayBuffer::append(std::string bytes) {
  require(!closed_, "nothing comes after the end");
  bytes_ += bytes.size();
  events_.push_back({.number = next_++, .bytes = std::move(bytes)});
  while (events_.size() > 1 && (bytes_ > limits_.max_bytes || events_.size() > limits_.max_events))
    drop_first();
  return last_number();
}

std::expected<std::vector<const ReplayBuffer::Event*>, ReplayError> ReplayBuffer::read(
    Attachment attachment, std::uint64_t after, std::size_t most) const {
  if (!is_current(attachment)) return std::unexpected(ReplayError::kSuperseded);
  if (after > last_number()) return std::unexpected(ReplayError::kNotYet);
  const std::uint64_t dropped = last_number() - events_.size();
  if (after < dropped) return std::unexpected(ReplayError::kGone);
  std::vector<const Event*> found;
  for (std::size_t at = after - dropped; at < events_.size() && found.size() < most; ++at)
    found.push_back(&events_[at]);
  return found;
}

void ReplayBuffer::acknowledge(Attachment attachment, std::uint64_t number) {
  if (!is_current(attachment)) return;
  while (!events_.empty() && events_.front().number <= number) drop_first();
}

void ReplayBuffer::drop_first() {
  bytes_ -= events_.front().bytes.size();
  events_.pop_front();
}

}  // namespace parlance::generation
