#include "app/interrupts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "base/assert.h"

namespace parlance::app {
namespace {

// All that the signal handler may touch.
std::atomic<int> arrived = -1;

void tell(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(fd, &one, sizeof one);
}

void on_interrupt(int) {
  const int error = errno;
  tell(arrived);
  errno = error;
}

}  // namespace

Interrupts::Interrupts() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), before_{} {
  require(fd_ >= 0, "Interrupts: no descriptor is left");
  require(arrived.exchange(fd_) < 0, "Interrupts: one at a time");
  struct sigaction action{};
  action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &before_);
}

Interrupts::~Interrupts() {
  sigaction(SIGINT, &before_, nullptr);
  arrived = -1;
  close(fd_);
}

bool Interrupts::take() {
  std::uint64_t count = 0;
  return read(fd_, &count, sizeof count) == sizeof count;
}

OnInterrupt::OnInterrupt(Interrupts& interrupts, std::function<void()> action)
    : stop_(eventfd(0, EFD_CLOEXEC)) {
  require(stop_ >= 0, "OnInterrupt: no descriptor is left");
  waiting_ = std::thread{[this, &interrupts, action = std::move(action)] {
    std::array<pollfd, 2> waits{pollfd{stop_, POLLIN, 0}, pollfd{interrupts.fd(), POLLIN, 0}};
    while (poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    if (waits[1].revents != 0 && interrupts.take()) action();
  }};
}

OnInterrupt::~OnInterrupt() {
  tell(stop_);
  waiting_.join();
  close(stop_);
}

}  // namespace parlance::app
