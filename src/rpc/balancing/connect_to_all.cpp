#include "rpc/balancing/connect_to_all.h"

#include <algorithm>
#include <utility>

#include "rpc/balancing/connection_failure.h"

namespace parlance::balancing {

void ConnectToAll::set_backends(std::span<const Backend> backends) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(backends.size());
  for (const Backend& backend : backends) {
    const Endpoint* known = find(backend.id);
    endpoints.push_back(known == nullptr ? Endpoint{backend.id} : *known);
  }
  std::swap(endpoints_, endpoints);
  for (const Endpoint& old : endpoints) {
    if (find(old.id) == nullptr) on_removed(old.id);
  }
  connect();
  update();
}

ConnectToAll::Endpoint* ConnectToAll::find(BackendId backend) {
  const auto found = std::ranges::find(endpoints_, backend, &Endpoint::id);
  return found == endpoints_.end() ? nullptr : &*found;
}

void ConnectToAll::connect() {
  for (Endpoint& endpoint : endpoints_) request(endpoint);
}

void ConnectToAll::request(Endpoint& endpoint) {
  if (endpoint.state != Connectivity::kIdle) return;
  endpoint.state = Connectivity::kConnecting;
  host_.connect(endpoint.id);
}

void ConnectToAll::on_state(BackendId backend, Connectivity state, const Status& why) {
  Endpoint* endpoint = find(backend);
  if (endpoint == nullptr || endpoint->state == state) return;
  const bool lost = endpoint->state == Connectivity::kReady;
  endpoint->state = state;
  if (state == Connectivity::kReady) {
    endpoint->failed = false;
    on_became_ready(backend);
  } else if (state == Connectivity::kTransientFailure) {
    endpoint->failed = true;
    last_failure_ = why;
  }
  if (lost || state == Connectivity::kTransientFailure) host_.resolve_again();
  request(*endpoint);
  update();
}

Connectivity ConnectToAll::aggregate() const {
  if (!ready_.empty()) return Connectivity::kReady;
  if (std::ranges::all_of(endpoints_, &Endpoint::failed)) return Connectivity::kTransientFailure;
  return Connectivity::kConnecting;
}

void ConnectToAll::update() {
  std::vector<BackendId> ready;
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.state == Connectivity::kReady) ready.push_back(endpoint.id);
  }
  const bool same_list = ready == ready_;
  ready_ = std::move(ready);
  const Connectivity before = std::exchange(state_, aggregate());
  if (!same_list) on_ready_changed();
  if (!same_list || state_ != before) host_.picks_changed();
}

Pick ConnectToAll::pick(const PickArguments& /*arguments*/) {
  if (!ready_.empty()) return Pick::use(choose());
  if (state_ == Connectivity::kTransientFailure)
    return Pick::fail(all_failed(endpoints_.size(), last_failure_));
  return Pick::wait();
}

}  // namespace parlance::balancing
