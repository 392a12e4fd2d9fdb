#include "services/orca_message.h"

#include <cmath>

namespace parlance::services {
namespace {

using Figures = std::map<std::string, double, std::less<>>;
using MessageFigures = google::protobuf::Map<std::string, double>;

double at_least_zero(double value) { return std::isfinite(value) && value > 0 ? value : 0; }

void put(const Figures& figures, MessageFigures& into, bool may_be_negative) {
  for (const auto& [name, value] : figures) {
    if (std::isfinite(value) && (may_be_negative || value >= 0)) into[name] = value;
  }
}

}  // namespace

::xds::data::orca::v3::OrcaLoadReport to_message(const LoadReport& report) {
  ::xds::data::orca::v3::OrcaLoadReport message;
  message.set_cpu_utilization(at_least_zero(report.cpu_utilization));
  message.set_mem_utilization(at_least_zero(report.memory_utilization));
  message.set_application_utilization(at_least_zero(report.application_utilization));
  message.set_rps_fractional(at_least_zero(report.requests_per_second));
  message.set_eps(at_least_zero(report.errors_per_second));
  put(report.request_cost, *message.mutable_request_cost(), false);
  put(report.utilization, *message.mutable_utilization(), false);
  put(report.named_metrics, *message.mutable_named_metrics(), true);
  return message;
}

}  // namespace parlance::services
