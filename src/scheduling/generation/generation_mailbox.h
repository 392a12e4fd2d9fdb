#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/deadline.h"
#include "scheduling/generation/open_sequence.h"

namespace parlance::scheduling {

/// What event loops tell the thread that runs the steps.
struct GenerationCommand {
  enum class Kind : std::uint8_t { kAdd, kCancel, kComplete, kResume };
  Kind kind;
  OpenSequencePtr sequence;
};

/// Commands on their way, in order, and how many sequences are open: the only thing that event loops and the
/// engine's thread lock. Bounded by that number: each has at most one command of each kind in it.
class GenerationMailbox {
 public:
  explicit GenerationMailbox(std::size_t max_open) : max_open_(max_open) {}

  enum class Answer : std::uint8_t { kTaken, kFull, kClosed };
  /// One more sequence, with its siblings; from then on they are open, until ended() counts them out.
  Answer add(OpenSequencePtr sequence);
  /// kCancel, kComplete or kResume of one that was added. Nothing happens when the mailbox is closed.
  void send(GenerationCommand::Kind kind, OpenSequencePtr sequence);
  /// Adds are refused from now on, and take() returns.
  void close();

  /// For the engine's thread: waits for a command, at most until `until`, and appends what there is to
  /// `commands`. False: closed.
  bool take(std::vector<GenerationCommand>& commands, TimePoint until);
  /// So many sequences are not open any more.
  void ended(std::size_t sequences);

  std::size_t max_open() const { return max_open_; }
  std::uint64_t refused() const;

 private:
  const std::size_t max_open_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::vector<GenerationCommand> commands_;
  std::size_t open_ = 0;
  std::uint64_t refused_ = 0;
  bool closed_ = false;
};

}  // namespace parlance::scheduling
