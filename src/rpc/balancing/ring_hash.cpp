#include "rpc/balancing/ring_hash.h"

#include <algorithm>
#include <utility>

#include "base/concat.h"
#include "rpc/balancing/connection_failure.h"

namespace parlance::balancing {

RingHash::RingHash(const RingHashConfig& config, PolicyHost& host) : config_(config), host_(host) {
  for (char& c : config_.request_hash_header) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void RingHash::set_backends(std::span<const Backend> backends) {
  std::vector<Endpoint> endpoints;
  endpoints.reserve(backends.size());
  for (const Backend& backend : backends) {
    const Endpoint* known = find(backend.id);
    endpoints.push_back(known == nullptr ? Endpoint{backend.id} : *known);
  }
  endpoints_ = std::move(endpoints);
  ring_ = HashRing{backends, config_};
  refresh();
  host_.picks_changed();
}

RingHash::Endpoint* RingHash::find(BackendId backend) {
  const auto found = std::ranges::find(endpoints_, backend, &Endpoint::id);
  return found == endpoints_.end() ? nullptr : &*found;
}

void RingHash::request(Endpoint& endpoint) {
  if (endpoint.state != Connectivity::kIdle) return;
  endpoint.state = Connectivity::kConnecting;
  host_.connect(endpoint.id);
}

void RingHash::wake(Endpoint& endpoint) {
  request(endpoint);
  const Connectivity before = state_;
  refresh();
  if (state_ != before) host_.picks_changed();
}

void RingHash::connect() {
  if (state_ != Connectivity::kIdle || endpoints_.empty()) return;
  wake(endpoints_[ring_.backend_at(ring_.find(host_.random()), 0)]);
}

void RingHash::on_state(BackendId backend, Connectivity state, const Status& why) {
  Endpoint* endpoint = find(backend);
  if (endpoint == nullptr || endpoint->state == state) return;
  const bool lost = endpoint->is_ready();
  endpoint->state = state;
  if (state == Connectivity::kReady) endpoint->failed = false;
  if (state == Connectivity::kTransientFailure) {
    endpoint->failed = true;
    last_failure_ = why;
  }
  if (endpoint->failed) request(*endpoint);
  if (lost || state == Connectivity::kTransientFailure) host_.resolve_again();
  refresh();
  host_.picks_changed();
}

void RingHash::refresh() {
  state_ = aggregate();
  keep_trying();
}

/// The rules of A42, in their order.
Connectivity RingHash::aggregate() const {
  const auto failed = std::ranges::count_if(endpoints_, &Endpoint::failed);
  const bool all_failed = failed == std::ssize(endpoints_);
  if (std::ranges::any_of(endpoints_, &Endpoint::is_ready)) return Connectivity::kReady;
  if (failed >= 2 || (all_failed && failed > 0)) return Connectivity::kTransientFailure;
  if (any_connecting() || failed == 1) return Connectivity::kConnecting;
  return Connectivity::kIdle;
}

bool RingHash::any_connecting() const { return std::ranges::any_of(endpoints_, &Endpoint::is_connecting); }

/// While calls may be failing or nobody calls, one more backend at a time is tried (A61).
void RingHash::keep_trying() {
  if (state_ != Connectivity::kConnecting && state_ != Connectivity::kTransientFailure) return;
  if (any_connecting()) return;
  const auto idle = std::ranges::find_if(endpoints_, &Endpoint::is_idle);
  if (idle != endpoints_.end()) request(*idle);
}

std::optional<std::uint64_t> RingHash::hash_of(const PickArguments& arguments) const {
  if (config_.request_hash_header.empty()) return std::nullopt;
  std::optional<std::string_view> only;
  std::string joined;
  for (const auto [name, value] : arguments.metadata) {
    if (name != config_.request_hash_header) continue;
    if (only) joined = concat(joined.empty() ? *only : std::string_view{joined}, ",", value);
    if (!only) only = value;
  }
  if (!only || (only->empty() && joined.empty())) return std::nullopt;
  return xx_hash64(joined.empty() ? *only : joined);
}

Pick RingHash::pick(const PickArguments& arguments) {
  if (ring_.size() == 0) return Pick::wait();
  const auto hash = hash_of(arguments);
  return hash ? pick_for(*hash) : pick_at_random();
}

Pick RingHash::pick_for(std::uint64_t hash) {
  const std::size_t place = ring_.find(hash);
  for (std::size_t step = 0; step < ring_.size(); ++step) {
    Endpoint& endpoint = endpoints_[ring_.backend_at(place, step)];
    if (endpoint.is_ready()) return Pick::use(endpoint.id);
    if (endpoint.failed) continue;
    if (endpoint.is_idle()) wake(endpoint);
    return Pick::wait();
  }
  return Pick::fail(all_failed(endpoints_.size(), last_failure_));
}

/// Any ready backend will do, but each call may wake one more, so that calls spread over all in time (A76).
Pick RingHash::pick_at_random() {
  const std::size_t place = ring_.find(host_.random());
  bool requested = any_connecting();
  for (std::size_t step = 0; step < ring_.size(); ++step) {
    Endpoint& endpoint = endpoints_[ring_.backend_at(place, step)];
    if (endpoint.is_ready()) return Pick::use(endpoint.id);
    if (requested || !endpoint.is_idle()) continue;
    wake(endpoint);
    requested = true;
  }
  if (requested) return Pick::wait();
  return Pick::fail(all_failed(endpoints_.size(), last_failure_));
}

}  // namespace parlance::balancing
