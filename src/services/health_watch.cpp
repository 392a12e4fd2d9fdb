#include "services/health_watch.h"

#include <atomic>
#include <utility>

namespace parlance::services {

// Carries the word of a change to the loop; outlives the watch while it is under way.
class HealthWatch::Waker final : public HealthRegistry::Listener,
                                 public std::enable_shared_from_this<HealthWatch::Waker> {
 public:
  Waker(net::LoopHandle loop, HealthWatch& watch) : loop_(std::move(loop)), watch_(&watch) {}

  // At most one word is under way, however many changes there are.
  void on_change() override {
    if (under_way_.exchange(true)) return;
    loop_.post([self = shared_from_this()] {
      self->under_way_ = false;
      if (self->watch_ != nullptr) self->watch_->wake();
    });
  }

  // On the loop.
  void detach() { watch_ = nullptr; }

 private:
  const net::LoopHandle loop_;
  HealthWatch* watch_;
  std::atomic<bool> under_way_ = false;
};

HealthWatch::HealthWatch(HealthRegistry& registry, std::string service, ServerCall& call)
    : registry_(registry),
      service_(std::move(service)),
      call_(call),
      waker_(std::make_shared<Waker>(call.loop().handle(), *this)) {
  registry_.subscribe(service_, waker_);
  call_.on_cancelled(*this);
}

HealthWatch::~HealthWatch() {
  waker_->detach();
  registry_.unsubscribe(service_, waker_);
}

void HealthWatch::wake() {
  if (waiter_ && look()) std::exchange(waiter_, nullptr).resume();
}

bool HealthWatch::look() {
  found_.reset();
  if (call_.cancelled()) return true;
  const bool is_last = registry_.is_shut_down();  // asked first: from then on the status is NOT_SERVING
  const ServingStatus now = registry_.status(service_).value_or(is_last ? ServingStatus::kNotServing
                                                                        : ServingStatus::kServiceUnknown);
  if (given_ == now) return is_last;
  found_ = given_ = now;
  return true;
}

}  // namespace parlance::services
