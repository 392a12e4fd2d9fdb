#include "services/health_registry.h"

namespace parlance::services {

HealthRegistry::HealthRegistry() : statuses_{{"", ServingStatus::kServing}} {}

void HealthRegistry::set(std::string_view service, ServingStatus status) {
  const std::lock_guard lock{mutex_};
  if (shut_down_) status = ServingStatus::kNotServing;
  const auto [at, is_new] = statuses_.try_emplace(std::string{service}, status);
  if (!is_new && std::exchange(at->second, status) == status) return;
  tell(service);
}

std::optional<ServingStatus> HealthRegistry::status(std::string_view service) const {
  const std::lock_guard lock{mutex_};
  const auto found = statuses_.find(service);
  if (found == statuses_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string, ServingStatus>> HealthRegistry::statuses() const {
  const std::lock_guard lock{mutex_};
  return {statuses_.begin(), statuses_.end()};
}

void HealthRegistry::shut_down() {
  const std::lock_guard lock{mutex_};
  shut_down_ = true;
  for (auto& [service, status] : statuses_) status = ServingStatus::kNotServing;
  for (const auto& [service, listeners] : listeners_) tell(service);
}

bool HealthRegistry::is_shut_down() const {
  const std::lock_guard lock{mutex_};
  return shut_down_;
}

void HealthRegistry::subscribe(std::string_view service, std::shared_ptr<Listener> listener) {
  const std::lock_guard lock{mutex_};
  listeners_[std::string{service}].insert(std::move(listener));
}

void HealthRegistry::unsubscribe(std::string_view service, const std::shared_ptr<Listener>& listener) {
  const std::lock_guard lock{mutex_};
  const auto found = listeners_.find(service);
  if (found == listeners_.end()) return;
  found->second.erase(listener);
  if (found->second.empty()) listeners_.erase(found);
}

void HealthRegistry::tell(std::string_view service) const {
  const auto found = listeners_.find(service);
  if (found == listeners_.end()) return;
  for (const auto& listener : found->second) listener->on_change();
}

}  // namespace parlance::services
