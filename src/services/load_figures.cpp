#include "services/load_figures.h"

#include <string>
#include <utility>

namespace parlance::services {

void LoadFigures::set_cpu_utilization(double share) {
  const std::lock_guard lock{mutex_};
  report_.cpu_utilization = share;
}

void LoadFigures::set_memory_utilization(double share) {
  const std::lock_guard lock{mutex_};
  report_.memory_utilization = share;
}

void LoadFigures::set_application_utilization(double share) {
  const std::lock_guard lock{mutex_};
  report_.application_utilization = share;
}

void LoadFigures::set_requests_per_second(double rate) {
  const std::lock_guard lock{mutex_};
  report_.requests_per_second = rate;
}

void LoadFigures::set_errors_per_second(double rate) {
  const std::lock_guard lock{mutex_};
  report_.errors_per_second = rate;
}

void LoadFigures::set_utilization(std::string_view resource, double share) {
  const std::lock_guard lock{mutex_};
  report_.utilization.insert_or_assign(std::string{resource}, share);
}

void LoadFigures::remove_utilization(std::string_view resource) {
  const std::lock_guard lock{mutex_};
  if (const auto found = report_.utilization.find(resource); found != report_.utilization.end()) {
    report_.utilization.erase(found);
  }
}

void LoadFigures::set_named_metric(std::string_view name, double value) {
  const std::lock_guard lock{mutex_};
  report_.named_metrics.insert_or_assign(std::string{name}, value);
}

void LoadFigures::remove_named_metric(std::string_view name) {
  const std::lock_guard lock{mutex_};
  if (const auto found = report_.named_metrics.find(name); found != report_.named_metrics.end()) {
    report_.named_metrics.erase(found);
  }
}

void LoadFigures::set(LoadReport report) {
  const std::lock_guard lock{mutex_};
  report_ = std::move(report);
}

LoadReport LoadFigures::report() const {
  const std::lock_guard lock{mutex_};
  return report_;
}

}  // namespace parlance::services
