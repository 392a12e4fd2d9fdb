#include "app/serve_interceptors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "interceptors/concurrency_limit.h"
#include "interceptors/rate_limit.h"

namespace parlance::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(ServeInterceptors, AreThoseThatTheConfigurationAsksForInTheirOrder) {
  const Log log{LogFormat::kText, LogLevel::kError};
  ServeConfig config;
  EXPECT_THAT(*make_interceptors(config, log), SizeIs(1));
  config.access_log = AccessLogMode::kOff;
  EXPECT_THAT(*make_interceptors(config, log), IsEmpty());
  config.rate_limit = 10;
  config.max_concurrent_calls = 4;
  const auto made = make_interceptors(config, log);
  ASSERT_TRUE(made);
  ASSERT_THAT(*made, SizeIs(2));
  EXPECT_NE(dynamic_cast<interceptors::RateLimit*>((*made)[0].get()), nullptr);
  EXPECT_NE(dynamic_cast<interceptors::ConcurrencyLimit*>((*made)[1].get()), nullptr);
}

TEST(ServeInterceptors, AFileThatCannotBeUsedIsSaid) {
  const Log log{LogFormat::kText, LogLevel::kError};
  ServeConfig config;
  config.jwks_file = "/no/such/jwks.json";
  EXPECT_EQ(make_interceptors(config, log).error(), "cannot read /no/such/jwks.json");
}

TEST(ServeInterceptors, ACallsLineHasWhatIsKnown) {
  interceptors::CallRecord record;
  record.method = "/a.B/C";
  record.peer = "ipv4:127.0.0.1:1";
  record.code = StatusCode::kInternal;
  record.reason = "HANDLER_EXCEPTION";
  record.duration = 1500us;
  record.trace.trace_id = "abc";
  record.trace.span = {.trace_id = std::string(32, 'a'), .span_id = std::string(16, 'b'), .flags = 1};
  record.request_messages = 1;
  record.request_bytes = 7;
  EXPECT_THAT(
      access_fields(record),
      ElementsAre(Pair("method", "/a.B/C"), Pair("code", "INTERNAL"), Pair("reason", "HANDLER_EXCEPTION"),
                  Pair("duration_ms", "1.500"), Pair("peer", "ipv4:127.0.0.1:1"), Pair("trace_id", "abc"),
                  Pair("traceparent", "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"),
                  Pair("requests", "1"), Pair("request_bytes", "7"), Pair("responses", "0"),
                  Pair("response_bytes", "0")));
  EXPECT_EQ(access_level(StatusCode::kInternal), LogLevel::kWarning);
  EXPECT_EQ(access_level(StatusCode::kNotFound), LogLevel::kInfo);
}

}  // namespace
}  // namespace parlance::app
