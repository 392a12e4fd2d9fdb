#include "scheduling/generation/generation_mailbox.h"

#include <iterator>
#include <utility>

namespace parlance::scheduling {

GenerationMailbox::Answer GenerationMailbox::add(OpenSequencePtr sequence) {
  {
    const std::size_t sequences = 1 + sequence->siblings.size();
    const std::lock_guard lock{mutex_};
    if (closed_) return Answer::kClosed;
    if (open_ + sequences > max_open_) {
      refused_ += sequences;
      return Answer::kFull;
    }
    open_ += sequences;
    commands_.push_back({GenerationCommand::Kind::kAdd, std::move(sequence)});
  }
  changed_.notify_one();
  return Answer::kTaken;
}

void GenerationMailbox::send(GenerationCommand::Kind kind, OpenSequencePtr sequence) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    commands_.push_back({kind, std::move(sequence)});
  }
  changed_.notify_one();
}

void GenerationMailbox::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  changed_.notify_one();
}

bool GenerationMailbox::take(std::vector<GenerationCommand>& commands, TimePoint until) {
  std::unique_lock lock{mutex_};
  const auto something = [this] { return closed_ || !commands_.empty(); };
  // The clock's last moment is past what a condition variable can be told.
  if (until == TimePoint::max()) {
    changed_.wait(lock, something);
  } else if (until != TimePoint::min()) {
    changed_.wait_until(lock, until, something);
  }
  commands.insert(commands.end(), std::make_move_iterator(commands_.begin()),
                  std::make_move_iterator(commands_.end()));
  commands_.clear();
  return !closed_;
}

void GenerationMailbox::ended(std::size_t sequences) {
  const std::lock_guard lock{mutex_};
  open_ -= sequences;
}

std::uint64_t GenerationMailbox::refused() const {
  const std::lock_guard lock{mutex_};
  return refused_;
}

}  // namespace parlance::scheduling
