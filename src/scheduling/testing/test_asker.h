#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "scheduling/queued_request.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling::testing {

/// Asks for one request of one row {value, value} (or several rows of it), and waits for the answer.
class TestAsker final : public Asker {
 public:
  struct With {
    float value = 1;
    std::size_t rows = 1;
    Deadline deadline;
    std::string_view client = "a";
    std::uint32_t priority = kLowestPriority;
    bool may_batch = true;
    const SequenceStep* step = nullptr;
  };
  TestAsker(net::Loop& loop, VersionQueue& queue, const With& with)
      : Asker(loop), queue_(queue), values_(with.rows * 2, with.value), requests_(1) {
    QueuedRequest& it = request();
    it.asker = this;
    it.queue = &queue;
    it.rows = with.rows;
    it.deadline = with.deadline;
    it.client = with.client;
    it.priority = with.priority;
    it.may_batch = with.may_batch;
    it.is_sequence = queue.keeps_state();
    it.step = with.step;
    it.inputs.push_back(models::Tensor::of<float>("x", {static_cast<std::int64_t>(with.rows), 2},
                                                  std::span<const float>{values_}));
    it.shape = queue.shape_key(it.inputs);
  }

  QueuedRequest& request() { return requests_.front(); }
  const float* data() const { return values_.data(); }
  /// Into the queue. False when it was refused at once.
  bool submit() {
    const bool entered = queue_.submit(requests_) == 1;
    if (!entered) tell();
    return entered;
  }
  bool leave(Outcome outcome, const Status& status) {
    const bool left = queue_.leave(request(), outcome, status);
    if (left) tell();
    return left;
  }
  /// Nobody waits any more.
  void go() { gone_.store(true); }
  bool gone() const override { return gone_.load(); }

  void answered(QueuedRequest&) override {
    EXPECT_TRUE(loop()->is_current());
    tell();
  }
  bool is_answered() const {
    const std::lock_guard lock{mutex_};
    return answers_ > 0;
  }
  /// Waits for the one answer.
  Result<InferenceResult>& result() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return answers_ > 0; });
    EXPECT_EQ(answers_, 1);
    return *request().result;
  }
  Status status() {
    const Result<InferenceResult>& its = result();
    return its ? Status{} : its.error();
  }
  /// The first value of each row of the answer.
  std::vector<float> values() {
    std::vector<float> firsts;
    if (!result()) return firsts;
    const auto all = result()->outputs.at(0).as<float>();
    for (std::size_t i = 0; i < all.size(); i += 2) firsts.push_back(all[i]);
    return firsts;
  }

 private:
  void tell() {
    const std::lock_guard lock{mutex_};
    ++answers_;
    changed_.notify_all();
  }

  VersionQueue& queue_;
  const std::vector<float> values_;
  std::vector<QueuedRequest> requests_;
  std::atomic<bool> gone_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int answers_ = 0;
};

}  // namespace parlance::scheduling::testing
