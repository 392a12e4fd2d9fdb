#include "services/health_service.h"

#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "grpc/health/v1/health.parlance.h"
#include "services/health_watch.h"

namespace parlance::services {
namespace {

namespace health = ::grpc::health::v1;

health::HealthCheckResponse response_of(ServingStatus status) {
  health::HealthCheckResponse response;
  response.set_status(static_cast<health::HealthCheckResponse::ServingStatus>(status));
  return response;
}

Status unknown_service(const std::string& service) {
  return grpc::make_error(StatusCode::kNotFound, "HEALTH_SERVICE_UNKNOWN",
                          concat("the health of '", service, "' is not known here"),
                          {{"hop", "server"}, {"observed", service}});
}

Status shutting_down() {
  return grpc::make_error(StatusCode::kUnavailable, "SHUTTING_DOWN", "the server is shutting down",
                          {{"hop", "server"}});
}

class HealthService final : public health::Health::Handler {
 public:
  explicit HealthService(std::shared_ptr<HealthRegistry> registry) : registry_(std::move(registry)) {}

  Task<Result<health::HealthCheckResponse>> Check(ServerCall&,
                                                  Incoming<health::HealthCheckRequest> request) override {
    const auto status = registry_->status(request->service());
    if (!status) co_return unknown_service(request->service());
    co_return response_of(*status);
  }

  Task<Result<health::HealthListResponse>> List(ServerCall&, Incoming<health::HealthListRequest>) override {
    health::HealthListResponse response;
    for (const auto& [service, status] : registry_->statuses()) {
      (*response.mutable_statuses())[service] = response_of(status);
    }
    co_return response;
  }

  Task<Status> Watch(ServerCall& call, Incoming<health::HealthCheckRequest> request,
                     Writer<health::HealthCheckResponse>& out) override {
    HealthWatch watch{*registry_, request->service(), call};
    while (const auto status = co_await watch.next()) {
      const health::HealthCheckResponse response = response_of(*status);
      const bool is_read = co_await out.write(response);
      if (!is_read) break;
    }
    co_return shutting_down();  // nobody sees it when the caller has gone
  }

  void on_shutdown() override { registry_->shut_down(); }

 private:
  std::shared_ptr<HealthRegistry> registry_;
};

}  // namespace

std::shared_ptr<Service> make_health_service(std::shared_ptr<HealthRegistry> registry) {
  return std::make_shared<HealthService>(std::move(registry));
}

}  // namespace parlance::services
