#include "services/orca.h"

#include <algorithm>
#include <utility>

#include "grpc/error_details.h"
#include "rpc/load_report.h"
#include "services/orca_message.h"
#include "services/stoppable_sleep.h"
#include "xds/service/orca/v3/orca.parlance.h"

namespace parlance::services {
namespace {

using ::xds::data::orca::v3::OrcaLoadReport;
using ::xds::service::orca::v3::OpenRcaService;
using ::xds::service::orca::v3::OrcaLoadReportRequest;

// Longer intervals mean nothing, and their nanoseconds might not fit.
constexpr std::chrono::hours kLongestInterval{24};

Duration interval_asked(const OrcaLoadReportRequest& request) {
  const auto& interval = request.report_interval();
  const std::chrono::seconds seconds{
      std::clamp<std::int64_t>(interval.seconds(), 0, std::chrono::seconds{kLongestInterval}.count())};
  return seconds + std::chrono::nanoseconds{std::clamp(interval.nanos(), 0, 999'999'999)};
}

class LoadReportInterceptor final : public ServerInterceptor {
 public:
  explicit LoadReportInterceptor(std::shared_ptr<const LoadFigures> figures) : figures_(std::move(figures)) {}

  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    Status status = co_await next();
    // Serialized messages joined are the messages merged: the later one's fields count.
    std::string report = to_message(figures_->report()).SerializeAsString();
    if (const auto* own = call.attributes().find<detail::CallLoad>()) report += own->report;
    call.attributes().set(detail::CallLoad{std::move(report)});
    co_return status;
  }

 private:
  const std::shared_ptr<const LoadFigures> figures_;
};

class OrcaService final : public OpenRcaService::Handler {
 public:
  OrcaService(std::shared_ptr<const LoadFigures> figures, OrcaServiceOptions options)
      : figures_(std::move(figures)), options_(options) {}

  Task<Status> StreamCoreMetrics(ServerCall& call, Incoming<OrcaLoadReportRequest> request,
                                 Writer<OrcaLoadReport>& out) override {
    const Duration interval = std::max(interval_asked(*request), options_.min_report_interval);
    StoppableSleep sleep{stop_, call};
    while (!sleep.stopped()) {
      const OrcaLoadReport report = report_of_server();
      const bool is_read = co_await out.write(report);
      if (!is_read) break;
      co_await sleep.until(Clock::now() + interval);
    }
    co_return grpc::make_error(StatusCode::kUnavailable, "SHUTTING_DOWN", "the server is shutting down",
                               {{"hop", "server"}});
  }

  void on_shutdown() override { stop_.stop(); }

 private:
  OrcaLoadReport report_of_server() const {
    OrcaLoadReport report = to_message(figures_->report());
    report.clear_request_cost();
    return report;
  }

  const std::shared_ptr<const LoadFigures> figures_;
  const OrcaServiceOptions options_;
  StopSignal stop_;
};

}  // namespace

void report_load(ServerCall& call, const LoadReport& report) {
  call.attributes().set(detail::CallLoad{to_message(report).SerializeAsString()});
}

std::shared_ptr<ServerInterceptor> make_load_report_interceptor(std::shared_ptr<const LoadFigures> figures) {
  return std::make_shared<LoadReportInterceptor>(std::move(figures));
}

std::optional<LoadReport> load_report_of(const grpc::Metadata& trailing_metadata) {
  return detail::load_report_of(trailing_metadata);
}

std::shared_ptr<Service> make_orca_service(std::shared_ptr<const LoadFigures> figures,
                                           OrcaServiceOptions options) {
  return std::make_shared<OrcaService>(std::move(figures), options);
}

}  // namespace parlance::services
