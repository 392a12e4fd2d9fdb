#include "net/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "base/assert.h"

namespace parlance::net {
namespace {

constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;

int wait_for(int epoll_fd, std::span<epoll_event> events, TimePoint until) {
  const auto count = static_cast<int>(events.size());
  if (until == TimePoint::max()) return ::epoll_wait(epoll_fd, events.data(), count, -1);
  const TimePoint now = Clock::now();
  if (until <= now) return ::epoll_wait(epoll_fd, events.data(), count, 0);
  const Duration left = until - now;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
  const int ready = ::epoll_pwait2(epoll_fd, events.data(), count, &timeout, nullptr);
  if (ready >= 0 || (errno != ENOSYS && errno != EPERM)) return ready;
  // A kernel before 5.11, or a sandbox that knows none later, waits for milliseconds only.
  constexpr std::chrono::milliseconds kLongest{60'000};
  const auto rounded = std::min(std::chrono::ceil<std::chrono::milliseconds>(left), kLongest);
  return ::epoll_wait(epoll_fd, events.data(), count, static_cast<int>(rounded.count()));
}

}  // namespace

Waker::Waker() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  require(fd_ >= 0, "Waker: the process has no file descriptors left");
}

Waker::~Waker() { ::close(fd_); }

void Waker::wake() const {
  const std::uint64_t one = 1;
  // Only a full counter refuses, and then the wait ends anyway.
  [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
}

void Waker::clear() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(fd_, &count, sizeof count);
}

Reactor::Reactor() : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)), waker_(std::make_shared<Waker>()) {
  require(epoll_fd_ >= 0, "Reactor: the process has no file descriptors left");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, waker_->fd_, &event);
}

Reactor::~Reactor() { ::close(epoll_fd_); }

std::size_t Reactor::wait(TimePoint until) {
  const int ready = wait_for(epoll_fd_, ready_, until);
  ready_count_ = ready < 0 ? 0 : static_cast<std::size_t>(ready);
  return ready_count_;
}

bool Reactor::tell_ready() {
  bool told = false;
  for (std::size_t i = 0; i < ready_count_; ++i) told |= tell(ready_[i]);
  ready_count_ = 0;
  return told;
}

// The watcher may destroy the descriptor, this one or another, at each call; `event` tells then.
bool Reactor::tell(epoll_event& event) {
  const auto descriptor = [&event] { return static_cast<WatchedDescriptor*>(event.data.ptr); };
  if (descriptor() == nullptr) {
    // The wake-up, or one that is gone.
    waker_->clear();
    return false;
  }
  descriptor()->drop_unwanted(event.events);
  bool told = false;
  if ((event.events & (EPOLLIN | kBroken)) != 0 && std::exchange(descriptor()->wants_read_, false)) {
    told = true;
    descriptor()->watcher_.on_readable();
  }
  if (descriptor() == nullptr) return told;
  if ((event.events & (EPOLLOUT | kBroken)) != 0 && std::exchange(descriptor()->wants_write_, false)) {
    told = true;
    descriptor()->set_registered(descriptor()->registered_ & ~std::uint32_t{EPOLLOUT});
    descriptor()->watcher_.on_writable();
  }
  return told;
}

void Reactor::forget(const WatchedDescriptor& descriptor) {
  for (std::size_t i = 0; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &descriptor) ready_[i].data.ptr = nullptr;
  }
}

WatchedDescriptor::~WatchedDescriptor() {
  if (fd_ < 0) return;
  if (registered_ != 0) ::epoll_ctl(reactor_.epoll_fd_, EPOLL_CTL_DEL, fd_, nullptr);
  forget_closed();
}

void WatchedDescriptor::forget_closed() {
  if (was_watched_) reactor_.forget(*this);
  fd_ = -1;
}

void WatchedDescriptor::drop_unwanted(std::uint32_t ready) {
  std::uint32_t unwanted = 0;
  if (!wants_read_) unwanted |= ready & EPOLLIN;
  if (!wants_write_) unwanted |= ready & EPOLLOUT;
  const bool is_broken = (ready & kBroken) != 0;  // reported whatever is registered
  if (is_broken && !wants_read_ && !wants_write_) return set_registered(0);
  if (unwanted != 0) set_registered(registered_ & ~unwanted);
}

void WatchedDescriptor::set_registered(std::uint32_t events) {
  if (fd_ < 0 || events == registered_) return;
  const int operation = registered_ == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  epoll_event event{.events = events, .data = {.ptr = this}};
  ::epoll_ctl(reactor_.epoll_fd_, operation, fd_, &event);
  registered_ = events;
  was_watched_ = true;
}

}  // namespace parlance::net
