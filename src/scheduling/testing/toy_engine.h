#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "generation/step_engine.h"
#include "generation/testing/toy_model.h"

namespace parlance::scheduling::testing {

/// An engine around the toy model, whose state is in its pages: greedy sampling gives ToyModel::alone(). It
/// can be held before a step, and told to fail.
class ToyEngine final : public generation::StepEngine {
 public:
  static constexpr std::size_t kVocabulary = 128;

  ToyEngine(std::size_t pages, std::size_t block_tokens)
      : pages_(pages), block_tokens_(block_tokens), model_(pages, block_tokens, kVocabulary) {}

  std::size_t pages() const override { return pages_; }
  std::size_t block_tokens() const override { return block_tokens_; }
  std::size_t page_bytes() const override { return block_tokens_ * sizeof(std::uint64_t); }
  std::size_t vocabulary() const override { return kVocabulary; }

  Result<std::span<const float>> run(const generation::StepPlan& plan) override {
    if (auto failure = begin(plan)) return std::unexpected{*std::move(failure)};
    const std::vector<generation::Token> next = model_.run(plan);
    logits_.clear();
    for (std::size_t part = 0; part < plan.parts.size(); ++part) {
      if (plan.parts[part].samples) add_logits(next[part]);
    }
    return logits_;
  }

  /// From now on so many steps are made, and no more until the next call.
  void permit(std::size_t steps) {
    const std::lock_guard lock{mutex_};
    permitted_ = steps;
    changed_.notify_all();
  }
  void release() { permit(SIZE_MAX); }
  /// A step takes so long.
  void pace(Duration step) {
    const std::lock_guard lock{mutex_};
    pace_ = step;
  }
  /// Whether a step waits to be permitted; waits for that.
  bool wait_until_held() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{60}, [this] { return is_held_; });
  }
  /// The next step fails.
  void fail_next(Status status) {
    const std::lock_guard lock{mutex_};
    failure_ = std::move(status);
  }
  /// The next step throws.
  void throw_next() {
    const std::lock_guard lock{mutex_};
    throws_ = true;
  }
  /// Steps that were begun of the sequences whose prompt begins with `first`; without a prefix cache.
  std::size_t steps_of(generation::Token first) const {
    const std::lock_guard lock{mutex_};
    const auto at = steps_.find(first);
    return at == steps_.end() ? 0 : at->second;
  }

 private:
  std::optional<Status> begin(const generation::StepPlan& plan) {
    std::unique_lock lock{mutex_};
    for (std::size_t part = 0; part < plan.parts.size(); ++part) {
      const auto at = static_cast<std::size_t>(plan.inputs.subsequence_begins[part]);
      const auto first = static_cast<generation::Token>(plan.inputs.input_ids[at]);
      if (plan.parts[part].past == 0) firsts_[plan.parts[part].sequence] = first;
      ++steps_[firsts_[plan.parts[part].sequence]];
    }
    is_held_ = permitted_ == 0;
    changed_.notify_all();
    changed_.wait(lock, [this] { return permitted_ > 0; });
    is_held_ = false;
    if (permitted_ != SIZE_MAX) --permitted_;
    changed_.wait_for(lock, pace_, [] { return false; });
    if (std::exchange(throws_, false)) throw std::runtime_error{"out of its mind"};
    return std::exchange(failure_, {});
  }

  void add_logits(generation::Token next) {
    for (std::size_t token = 0; token < kVocabulary; ++token) {
      const std::uint64_t noise = generation::testing::mix(static_cast<std::uint64_t>(next) * 1000 + token);
      const float logit = static_cast<float>(noise % 1000) / 500;
      logits_.push_back(token == static_cast<std::size_t>(next) ? 4 : logit);
    }
  }

  const std::size_t pages_;
  const std::size_t block_tokens_;
  generation::testing::ToyModel model_;
  std::vector<float> logits_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All guarded by mutex_.
  std::size_t permitted_ = SIZE_MAX;
  bool is_held_ = false;
  Duration pace_{};
  std::optional<Status> failure_;
  bool throws_ = false;
  std::map<generation::SequenceId, generation::Token> firsts_;
  std::map<generation::Token, std::size_t> steps_;
};

}  // namespace parlance::scheduling::testing
