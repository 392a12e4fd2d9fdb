#pragma once

#include <functional>
#include <thread>

#include <signal.h>

namespace parlance::app {

/// SIGINT as something to read, not something that ends the program. One at a time.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  /// Readable when there was one.
  int fd() const { return fd_; }
  /// Whether there was one since it was last asked.
  bool take();

 private:
  int fd_;
  struct sigaction before_;
};

/// While it lives, the first interrupt runs `action`, on a thread of its own.
class OnInterrupt {
 public:
  OnInterrupt(Interrupts& interrupts, std::function<void()> action);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  int stop_;
  std::thread waiting_;
};

}  // namespace parlance::app
