#include "services/health_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "grpc/health/v1/health.parlance.h"
#include "rpc/server.h"

namespace parlance::services {
namespace {

namespace health = ::grpc::health::v1;
using health::HealthCheckResponse;

health::HealthCheckRequest request_for(std::string_view service) {
  health::HealthCheckRequest request;
  request.set_service(std::string{service});
  return request;
}

// What a watch says next; its status when it has ended.
template <typename Call>
std::string next_of(Call& watch) {
  const auto message = watch.read().wait();
  if (message) return HealthCheckResponse::ServingStatus_Name(message->status());
  return watch.finish().wait().to_string();
}

class HealthService : public ::testing::Test {
 protected:
  HealthService() {
    server_.add(make_health_service(registry_));
    const Result<void> started = server_.start();
    EXPECT_TRUE(started) << started.error().to_string();
    client_.emplace(connect());
  }

  health::Health::Client connect() const {
    return health::Health::Client{Channel::open(concat("127.0.0.1:", server_.ports().front()))};
  }
  health::Health::Client& client() { return *client_; }

  std::shared_ptr<HealthRegistry> registry_ = std::make_shared<HealthRegistry>();
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 2}};
  std::optional<health::Health::Client> client_;
};

TEST_F(HealthService, CheckAnswersTheStatus) {
  const Result<HealthCheckResponse> whole = client().Check(request_for("")).wait();
  ASSERT_TRUE(whole) << whole.error().to_string();
  EXPECT_EQ(whole->status(), HealthCheckResponse::SERVING);

  registry_->set("a.B", ServingStatus::kNotServing);
  const Result<HealthCheckResponse> service = client().Check(request_for("a.B")).wait();
  ASSERT_TRUE(service) << service.error().to_string();
  EXPECT_EQ(service->status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthService, CheckOfAnUnknownServiceIsNotFound) {
  const Result<HealthCheckResponse> answer = client().Check(request_for("no.Such")).wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), StatusCode::kNotFound);
  EXPECT_EQ(answer.error().message(), "the health of 'no.Such' is not known here");
}

TEST_F(HealthService, ListAnswersEveryService) {
  registry_->set("a.B", ServingStatus::kNotServing);
  const Result<health::HealthListResponse> list = client().List({}).wait();
  ASSERT_TRUE(list) << list.error().to_string();
  ASSERT_EQ(list->statuses_size(), 2);
  EXPECT_EQ(list->statuses().at("").status(), HealthCheckResponse::SERVING);
  EXPECT_EQ(list->statuses().at("a.B").status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthService, WatchTellsAtOnceAndThenEachChange) {
  registry_->set("a.B", ServingStatus::kServing);
  auto watch = client().Watch(request_for("a.B"));
  EXPECT_EQ(next_of(watch), "SERVING");
  registry_->set("a.B", ServingStatus::kServing);  // no change, no message
  registry_->set("a.B", ServingStatus::kNotServing);
  EXPECT_EQ(next_of(watch), "NOT_SERVING");
  registry_->set("a.B", ServingStatus::kServing);
  EXPECT_EQ(next_of(watch), "SERVING");
}

TEST_F(HealthService, WatchOfAnUnknownServiceStaysOpenUntilItIsKnown) {
  auto watch = client().Watch(request_for("later"));
  EXPECT_EQ(next_of(watch), "SERVICE_UNKNOWN");
  registry_->set("later", ServingStatus::kServing);
  EXPECT_EQ(next_of(watch), "SERVING");
}

TEST_F(HealthService, WatchEndsWhenItsCallerCancels) {
  auto watch = client().Watch(request_for(""));
  EXPECT_EQ(next_of(watch), "SERVING");
  watch.cancel();
  EXPECT_EQ(watch.read().wait(), std::nullopt);
  EXPECT_EQ(watch.finish().wait().code(), StatusCode::kCancelled);
}

TEST_F(HealthService, ShutdownIsSeenByWatchesAndEndsThem) {
  auto known = client().Watch(request_for(""));
  auto unknown = client().Watch(request_for("no.Such"));
  EXPECT_EQ(next_of(known), "SERVING");
  EXPECT_EQ(next_of(unknown), "SERVICE_UNKNOWN");
  server_.shutdown(std::chrono::minutes{10});
  for (auto* watch : {&known, &unknown}) {
    EXPECT_EQ(next_of(*watch), "NOT_SERVING");
    EXPECT_EQ(watch->read().wait(), std::nullopt);
    EXPECT_EQ(watch->finish().wait().code(), StatusCode::kUnavailable);
  }
  server_.wait();  // long before the grace is over
}

// Sixteen calls on several loops, changes from several threads: each watcher's last word is the last status.
TEST_F(HealthService, WatchersOnSeveralLoopsAllReachTheLastStatus) {
  std::vector<health::Health::Client> clients;
  std::vector<ClientReader<HealthCheckResponse>> watches;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(connect());
    watches.push_back(clients.back().Watch(request_for("busy")));
  }
  std::vector<std::thread> setters;
  for (int i = 0; i < 4; ++i) {
    setters.emplace_back([this] {
      for (int change = 0; change < 500; ++change) {
        registry_->set("busy", change % 2 == 0 ? ServingStatus::kServing : ServingStatus::kNotServing);
      }
    });
  }
  for (std::thread& setter : setters) setter.join();
  registry_->set("busy", ServingStatus::kUnknown);
  for (auto& watch : watches) {
    auto previous = HealthCheckResponse::SERVICE_UNKNOWN;
    bool first = true;
    while (const auto message = watch.read().wait()) {
      EXPECT_TRUE(first || message->status() != previous) << "told twice";
      previous = message->status();
      first = false;
      if (previous == HealthCheckResponse::UNKNOWN) break;
    }
    EXPECT_EQ(previous, HealthCheckResponse::UNKNOWN);
  }
}

}  // namespace
}  // namespace parlance::services
