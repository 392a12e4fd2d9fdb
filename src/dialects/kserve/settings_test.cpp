#include "dialects/kserve/settings.h"

#include <gtest/gtest.h>

namespace parlance::dialects::kserve {
namespace {

using ::inference::LogSettingsRequest;
using ::inference::LogSettingsResponse;

class LogSettingsOf : public ::testing::Test {
 protected:
  Result<LogSettingsResponse> ask() { return answer(request_, control_); }
  LogSettingsRequest::SettingValue& setting(const char* name) { return (*request_.mutable_settings())[name]; }

  LogSettingsRequest request_;
  LogSettings settings_;
  LogControl control_{.get = [this] { return settings_; },
                      .set = [this](const LogSettings& settings) { settings_ = settings; }};
};

TEST_F(LogSettingsOf, AreTold) {
  const auto answered = ask();
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->settings().size(), 6U);
  EXPECT_TRUE(answered->settings().at("log_info").bool_param());
  EXPECT_EQ(answered->settings().at("log_verbose_level").uint32_param(), 0U);
  EXPECT_EQ(answered->settings().at("log_format").string_param(), "default");
}

TEST_F(LogSettingsOf, AreChangedAsLevelsOneAboveTheOther) {
  setting("log_verbose_level").set_uint32_param(2);
  ASSERT_TRUE(ask());
  EXPECT_EQ(settings_.verbose_level, 2U);
  request_.clear_settings();
  setting("log_warning").set_bool_param(false);
  const auto answered = ask();
  ASSERT_TRUE(answered);
  EXPECT_EQ(settings_, (LogSettings{.info = false, .warning = false}));
  EXPECT_FALSE(answered->settings().at("log_info").bool_param());
}

TEST_F(LogSettingsOf, AreChangedAllOrNone) {
  setting("log_info").set_bool_param(false);
  setting("log_error").set_string_param("no");
  const auto answered = ask();
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(answered.error().message(), "expect boolean for 'log_error'");
  EXPECT_EQ(settings_, LogSettings{});
}

TEST_F(LogSettingsOf, AreNotAFileAndNotAnotherFormat) {
  setting("log_file").set_string_param("/etc/passwd");
  EXPECT_EQ(ask().error().message(), "log file location can not be updated through network protocol");
  request_.clear_settings();
  setting("log_format").set_string_param("ISO8601");
  EXPECT_EQ(
      ask().error().message(),
      "invalid argument for log_format, got: ISO8601; the form of the log is chosen with --log-format at the "
      "start");
  request_.clear_settings();
  setting("log_colour").set_bool_param(true);
  EXPECT_EQ(ask().error().message(), "unknown log setting 'log_colour'");
}

TEST(TraceSettings, AreOffAndStaySo) {
  ::inference::TraceSettingRequest request;
  const auto answered = answer(request);
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->settings().at("trace_level").value(0), "OFF");
  (*request.mutable_settings())["trace_level"].add_value("TIMESTAMPS");
  EXPECT_EQ(answer(request).error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(answer(request).error().message(), "the server does not support trace");
}

}  // namespace
}  // namespace parlance::dialects::kserve
