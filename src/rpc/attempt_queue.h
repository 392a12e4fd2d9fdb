#pragma once

#include <cstddef>

namespace parlance::detail {

class AttemptQueue;
class ClientStream;

/// What an attempt needs to stand in a queue.
class QueuedAttempt {
 public:
  /// The queue it stands in, or null.
  AttemptQueue* queue() const { return queue_; }

 protected:
  QueuedAttempt() = default;
  ~QueuedAttempt() = default;

 private:
  friend class AttemptQueue;
  AttemptQueue* queue_ = nullptr;
  ClientStream* next_ = nullptr;
  ClientStream* previous_ = nullptr;
};

/// Attempts that wait, first come first served: for a backend, or for room on its connections. Intrusive; an
/// attempt stands in one queue at most. Leaving costs the same wherever the attempt stands, since thousands
/// may reach their deadline while they wait.
class AttemptQueue {
 public:
  AttemptQueue() = default;
  AttemptQueue(const AttemptQueue&) = delete;
  AttemptQueue& operator=(const AttemptQueue&) = delete;

  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  void push(ClientStream& attempt);
  /// The first, which leaves; null when empty.
  ClientStream* pop();
  void remove(ClientStream& attempt);
  /// Takes all that stand in `other`, in their order.
  void take_all(AttemptQueue& other);

 private:
  ClientStream* first_ = nullptr;
  ClientStream* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace parlance::detail
