#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/epoll.h>

#include "base/deadline.h"

namespace parlance::net {

class WatchedDescriptor;

/// Ends a reactor's wait. From any thread, also when the reactor is gone: then it does nothing.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  /// The wait that is under way, or the next one.
  void wake() const;

 private:
  friend class Reactor;
  void clear() const;

  int fd_;
};

/// Which file descriptors are ready: one epoll, level-triggered. A descriptor that is read again and again
/// stays registered, so that a turn of a busy connection is three system calls: wait, read, write. Only on
/// its loop's thread.
class Reactor {
 public:
  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Waits until `until` at the latest (in the past: not at all; max(): for ever), or until something is
  /// ready or the waker is asked. Returns how many descriptors are ready: tell_ready() is to follow.
  std::size_t wait(TimePoint until);
  /// Tells the watchers of what the last wait() found. False when there was nobody to tell.
  bool tell_ready();
  const std::shared_ptr<const Waker>& waker() const { return waker_; }

 private:
  friend class WatchedDescriptor;
  // Ready descriptors handled in one turn before what they produced is written: enough to batch, few enough
  // that a busy loop still writes and fires timers.
  static constexpr std::size_t kMostPerTurn = 64;

  bool tell(epoll_event& event);
  void forget(const WatchedDescriptor& descriptor);

  int epoll_fd_;
  std::shared_ptr<const Waker> waker_;
  std::array<epoll_event, kMostPerTurn> ready_;  // its pointers become null when what they show goes away
  std::size_t ready_count_ = 0;
};

/// A file descriptor whose readiness is told to one watcher. Does not own the descriptor; destroy it before
/// that is closed. Until it is asked to watch it may be destroyed on any thread.
class WatchedDescriptor {
 public:
  /// Each is called once for a time it was asked for, and may destroy the descriptor. Errors and hang-ups are
  /// told as readiness: the next read or write says what it is.
  class Watcher {
   public:
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;

   protected:
    ~Watcher() = default;
  };

  /// `reactor` and `watcher` outlive it.
  WatchedDescriptor(Reactor& reactor, int fd, Watcher& watcher)
      : reactor_(reactor), fd_(fd), watcher_(watcher) {}
  ~WatchedDescriptor();
  WatchedDescriptor(const WatchedDescriptor&) = delete;
  WatchedDescriptor& operator=(const WatchedDescriptor&) = delete;

  int fd() const { return fd_; }
  void watch_readable() {
    wants_read_ = true;
    if ((registered_ & EPOLLIN) == 0) set_registered(registered_ | EPOLLIN);
  }
  void watch_writable() {
    wants_write_ = true;
    if ((registered_ & EPOLLOUT) == 0) set_registered(registered_ | EPOLLOUT);
  }
  /// It is about to be closed, which takes it out of the epoll: nobody is told any more.
  void forget_closed();

 private:
  friend class Reactor;
  void set_registered(std::uint32_t events);
  /// What is ready and nobody waits for would be reported again at once.
  void drop_unwanted(std::uint32_t ready);

  Reactor& reactor_;
  int fd_;  // -1 once forgotten
  Watcher& watcher_;
  std::uint32_t registered_ = 0;
  bool was_watched_ = false;  // else another thread may destroy it: the reactor does not know it
  bool wants_read_ = false;
  bool wants_write_ = false;
};

}  // namespace parlance::net
