#include "services/orca.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "base/concat.h"
#include "services/orca_message.h"
#include "services/server_pair_test_support.h"
#include "xds/service/orca/v3/orca.parlance.h"

namespace parlance::services {
namespace {

using namespace std::chrono_literals;
using parlance::testing::ServerPair;
using ::xds::data::orca::v3::OrcaLoadReport;
using ::xds::service::orca::v3::OpenRcaService;
using ::xds::service::orca::v3::OrcaLoadReportRequest;

const LoadReport kWholeReport{.cpu_utilization = 0.5,
                              .memory_utilization = 0.25,
                              .application_utilization = 1.5,
                              .requests_per_second = 100.5,
                              .errors_per_second = 2,
                              .named_metrics = {{"delta", -3}, {"queue", 7}},
                              .utilization = {{"gpu", 0.75}},
                              .request_cost = {{"tokens", 12}}};

// Everything of `report`, so that one comparison looks at all of it.
std::string text_of(const LoadReport& report) {
  std::string text =
      concat(std::to_string(report.cpu_utilization), " ", std::to_string(report.memory_utilization), " ",
             std::to_string(report.application_utilization), " ", std::to_string(report.requests_per_second),
             " ", std::to_string(report.errors_per_second));
  for (const auto* figures : {&report.named_metrics, &report.utilization, &report.request_cost}) {
    text += " |";
    for (const auto& [name, value] : *figures) text += concat(" ", name, "=", std::to_string(value));
  }
  return text;
}

TEST(OrcaMessage, IsReadBackAsItWasWritten) {
  grpc::Metadata trailers;
  ASSERT_TRUE(trailers.add("endpoint-load-metrics-bin", to_message(kWholeReport).SerializeAsString()));
  const auto report = load_report_of(trailers);
  ASSERT_TRUE(report);
  EXPECT_EQ(text_of(*report), text_of(kWholeReport));
}

TEST(OrcaMessage, LeavesOutWhatIsOutOfRange) {
  const LoadReport wrong{.cpu_utilization = -1,
                         .memory_utilization = std::numeric_limits<double>::quiet_NaN(),
                         .requests_per_second = std::numeric_limits<double>::infinity(),
                         .named_metrics = {{"nan", std::numeric_limits<double>::quiet_NaN()}},
                         .utilization = {{"gpu", -0.5}},
                         .request_cost = {{"tokens", -1}}};
  EXPECT_EQ(to_message(wrong).ByteSizeLong(), 0);
}

TEST(LoadFigures, TellWhatWasSetLast) {
  LoadFigures figures;
  figures.set_cpu_utilization(0.1);
  figures.set_cpu_utilization(0.5);
  figures.set_memory_utilization(0.25);
  figures.set_application_utilization(1.5);
  figures.set_requests_per_second(100.5);
  figures.set_errors_per_second(2);
  figures.set_named_metric("gone", 1);
  figures.remove_named_metric("gone");
  figures.set_named_metric("queue", 7);
  figures.set_utilization("gone", 1);
  figures.remove_utilization("gone");
  figures.set_utilization("gpu", 0.75);
  LoadReport expected = kWholeReport;
  expected.named_metrics.erase("delta");
  expected.request_cost.clear();
  EXPECT_EQ(text_of(figures.report()), text_of(expected));
  figures.set(kWholeReport);
  EXPECT_EQ(text_of(figures.report()), text_of(kWholeReport));
}

// --- with calls

// Reports what a request names: "tokens" costs 3.
class Metered final : public Service {
 public:
  std::string_view full_name() const override { return "test.Metered"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Call", *this, &Metered::Call));
    return methods;
  }

 private:
  Task<Result<Buffer>> Call(ServerCall& call, Incoming<Buffer> request) {
    if (request.bytes().size() == 0) co_return Buffer{};
    report_load(call, {.cpu_utilization = 0.9, .request_cost = {{"dropped", 1}}});
    report_load(call, {.cpu_utilization = 0.75, .request_cost = {{"tokens", 3}}});
    if (request.bytes().size() > 1) co_return Status{StatusCode::kAborted, "as asked"};
    co_return Buffer{};
  }
};

class LoadReports : public ::testing::Test {
 protected:
  void start(std::vector<std::shared_ptr<ServerInterceptor>> interceptors, Duration min_interval = 1ms) {
    server_.emplace(
        ServerOptions{.listen = {"127.0.0.1:0"}, .threads = 1, .interceptors = std::move(interceptors)});
    server_->add(std::make_shared<Metered>());
    server_->add(make_orca_service(figures_, {.min_report_interval = min_interval}));
    ASSERT_TRUE(server_->start());
    channel_ = Channel::open(concat("127.0.0.1:", std::to_string(server_->ports().front())));
  }

  // What comes with a call whose request has that many bytes.
  std::string report_with(std::string_view request) {
    UnaryCall<Buffer> call{*channel_, "/test.Metered/Call", Buffer::copy_of(as_bytes(request)), {}};
    EXPECT_EQ(call.wait().has_value(), request.size() < 2);
    const auto report = load_report_of(call.trailing_metadata());
    return report ? text_of(*report) : "none";
  }

  std::shared_ptr<LoadFigures> figures_ = std::make_shared<LoadFigures>();
  std::optional<Server> server_;
  std::optional<Channel> channel_;
};

TEST_F(LoadReports, AHandlersGoesOutWithTheStatusWhateverItIs) {
  start({});
  const std::string expected = text_of({.cpu_utilization = 0.75, .request_cost = {{"tokens", 3}}});
  EXPECT_EQ(report_with(""), "none");
  EXPECT_EQ(report_with("1"), expected);
  EXPECT_EQ(report_with("22"), expected);
}

TEST_F(LoadReports, TheServersFiguresAreTheGroundOfEveryCalls) {
  start({make_load_report_interceptor(figures_)});
  figures_->set({.cpu_utilization = 0.5, .requests_per_second = 10, .request_cost = {{"base", 1}}});
  EXPECT_EQ(report_with(""), text_of(figures_->report()));
  EXPECT_EQ(report_with("1"), text_of({.cpu_utilization = 0.75,
                                       .requests_per_second = 10,
                                       .request_cost = {{"base", 1}, {"tokens", 3}}}));
}

TEST_F(LoadReports, TheStreamTellsAtOnceAndThenInEveryInterval) {
  start({});
  figures_->set(kWholeReport);
  auto stream = OpenRcaService::Client{*channel_}.StreamCoreMetrics({});
  const auto first = stream.read().wait();
  ASSERT_TRUE(first);
  OrcaLoadReport expected = to_message(kWholeReport);
  expected.clear_request_cost();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*first, expected)) << first->DebugString();

  figures_->set({.cpu_utilization = 0.125});
  std::optional<OrcaLoadReport> later = first;
  while (later && later->cpu_utilization() == 0.5) later = stream.read().wait();
  ASSERT_TRUE(later);
  EXPECT_EQ(later->cpu_utilization(), 0.125);
}

TEST_F(LoadReports, ANegativeIntervalIsTakenAsTheShortest) {
  start({});
  OrcaLoadReportRequest request;
  request.mutable_report_interval()->set_seconds(std::numeric_limits<std::int64_t>::min());
  request.mutable_report_interval()->set_nanos(-1);
  auto stream = OpenRcaService::Client{*channel_}.StreamCoreMetrics(request);
  EXPECT_TRUE(stream.read().wait());
  EXPECT_TRUE(stream.read().wait());
}

TEST_F(LoadReports, TheStreamEndsWhenTheServerBeginsToDrain) {
  start({}, /*min_interval=*/1h);
  auto stream = OpenRcaService::Client{*channel_}.StreamCoreMetrics({});
  ASSERT_TRUE(stream.read().wait());
  server_->shutdown(10min);
  EXPECT_FALSE(stream.read().wait());
  EXPECT_EQ(stream.finish().wait().code(), StatusCode::kUnavailable);
  server_->wait();  // long before the grace is over
}

// --- balancing by them

// Whether most calls go to the second server of two before long.
bool calls_move_to_second(ServerPair& servers, const char* service_config) {
  const Channel channel = servers.open(service_config);
  return parlance::testing::eventually([&] {
    const auto [first, second] = servers.calls(channel, 60);
    return first > 0 && second >= 5 * first;
  });
}

ServerPair::Setup busy_and_idle(bool in_calls) {
  return [in_calls](int number, ServerOptions& options, std::vector<std::shared_ptr<Service>>& services) {
    auto figures = std::make_shared<LoadFigures>();
    figures->set({.cpu_utilization = number == 0 ? 0.9 : 0.1, .requests_per_second = 100});
    if (in_calls) options.interceptors = {make_load_report_interceptor(figures)};
    services.push_back(make_orca_service(figures, {.min_report_interval = 10ms}));
  };
}

TEST(WeightedRoundRobin, MovesCallsToTheLessLoadedServerByTheirTrailers) {
  ServerPair servers{busy_and_idle(/*in_calls=*/true)};
  EXPECT_TRUE(calls_move_to_second(servers, R"({"loadBalancingConfig": [{"weighted_round_robin":
      {"blackoutPeriod": "0s", "weightUpdatePeriod": "0.1s"}}]})"));
}

TEST(WeightedRoundRobin, MovesCallsToTheLessLoadedServerByOutOfBandReports) {
  ServerPair servers{busy_and_idle(/*in_calls=*/false)};
  EXPECT_TRUE(calls_move_to_second(servers, R"({"loadBalancingConfig": [{"weighted_round_robin":
      {"enableOobLoadReport": true, "oobReportingPeriod": "0.05s",
       "blackoutPeriod": "0s", "weightUpdatePeriod": "0.1s"}}]})"));
}

}  // namespace
}  // namespace parlance::services
