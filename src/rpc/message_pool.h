#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/slab.h"

namespace parlance::detail {

/// Protobuf messages, by what the pool needs of them.
template <typename T>
concept Reusable = requires(T& message) {
  message.Clear();
  { message.GetCachedSize() } -> std::convertible_to<int>;
};

/// Messages of one type that wait to be used again on this thread. They are cleared and keep the memory of
/// their strings and fields, so that a call in steady state takes none for them.
template <typename T>
class MessagePool {
 public:
  /// One that waits, or a new one.
  static std::unique_ptr<T> take() {
    if (gone_ || pool().kept_.empty()) return std::make_unique<T>();
    return pool().pop();
  }
  /// `size_bytes`, as it stood on the wire, stands for the memory that it keeps.
  static void give(std::unique_ptr<T> message, std::size_t size_bytes) {
    if (kRecyclesMemory && !gone_) pool().push(std::move(message), size_bytes);
  }

 private:
  // As many as are usually alive at once on a busy loop, and what one type may keep altogether.
  static constexpr std::size_t kMostKept = 64;
  static constexpr std::size_t kMostKeptBytes = 1024 * 1024;

  struct Kept {
    std::unique_ptr<T> message;
    std::size_t size_bytes;
  };

  static MessagePool& pool() {
    thread_local MessagePool instance;
    return instance;
  }
  ~MessagePool() { gone_ = true; }

  std::unique_ptr<T> pop() {
    std::unique_ptr<T> message = std::move(kept_.back().message);
    kept_bytes_ -= kept_.back().size_bytes;
    kept_.pop_back();
    return message;
  }
  void push(std::unique_ptr<T> message, std::size_t size_bytes) {
    if (kept_.size() >= kMostKept || size_bytes > kMostKeptBytes - kept_bytes_) return;
    message->Clear();
    kept_.push_back({std::move(message), size_bytes});
    kept_bytes_ += size_bytes;
  }

  // Messages may be dropped by what dies with the thread, after the pool.
  static inline thread_local bool gone_ = false;

  std::vector<Kept> kept_;
  std::size_t kept_bytes_ = 0;
};

/// A message on loan from the thread's pool; goes back with its owner. May do so on another thread, which
/// then has it.
template <typename T>
class PooledMessage {
 public:
  PooledMessage() = default;
  PooledMessage(PooledMessage&&) noexcept = default;
  PooledMessage& operator=(PooledMessage&& other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~PooledMessage() { give_back(0); }

  bool has_value() const { return message_ != nullptr; }
  T& emplace() { return *(message_ = MessagePool<T>::take()); }
  T& operator*() const { return *message_; }
  T* operator->() const { return message_.get(); }
  void give_back(std::size_t size_bytes) {
    if (message_ != nullptr) MessagePool<T>::give(std::move(message_), size_bytes);
  }

 private:
  std::unique_ptr<T> message_;
};

}  // namespace parlance::detail
