#include "rpc/service_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <random>

namespace parlance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

ServiceConfig parsed(std::string_view json) {
  auto config = ServiceConfig::parse(json);
  EXPECT_TRUE(config) << config.error();
  return config.value_or(ServiceConfig{});
}

std::string error(std::string_view json) {
  const auto config = ServiceConfig::parse(json);
  return config ? "no error" : config.error();
}

/// A config with one entry for all methods.
std::string with_method(std::string_view fields) {
  return std::string{R"({"methodConfig":[{"name":[{}],)"} + std::string{fields} + "}]}";
}

std::string with_policy(std::string_view policy) {
  return std::string{R"({"loadBalancingConfig":[)"} + std::string{policy} + "]}";
}

template <typename Config>
Config policy_of(std::string_view policy) {
  const ServiceConfig config = parsed(with_policy(policy));
  const auto* found = std::get_if<Config>(&config.load_balancing());
  EXPECT_NE(found, nullptr);
  return found == nullptr ? Config{} : *found;
}

TEST(ServiceConfig, WithoutOneTheDefaultsHold) {
  const ServiceConfig config;
  EXPECT_EQ(config.method("/a/b"), MethodConfig{});
  EXPECT_EQ(std::get<RetryPolicy>(config.method("/a/b").attempts).max_attempts, 4);
  EXPECT_EQ(config.load_balancing(), PolicyConfig{PickFirstConfig{}});
  EXPECT_EQ(config.retry_throttling(), RetryThrottling{});
  EXPECT_EQ(config.health_check_service(), std::nullopt);
  EXPECT_EQ(parsed("{}").method("/a/b"), MethodConfig{});
}

TEST(ServiceConfig, AMethodConfigIsReadInFull) {
  const ServiceConfig config = parsed(R"({"methodConfig": [{
    "name": [{"service": "test.Echo", "method": "Unary"}],
    "waitForReady": true, "timeout": "1.5s",
    "maxRequestMessageBytes": 1024, "maxResponseMessageBytes": "2048",
    "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2.5,
                    "retryableStatusCodes": ["UNAVAILABLE", "aborted", 4]}}]})");
  const MethodConfig expected{
      .wait_for_ready = true,
      .timeout = milliseconds{1500},
      .max_request_message_bytes = 1024,
      .max_response_message_bytes = 2048,
      .attempts = RetryPolicy{
          .max_attempts = 3,
          .initial_backoff = milliseconds{100},
          .max_backoff = seconds{1},
          .backoff_multiplier = 2.5,
          .retryable = {StatusCode::kUnavailable, StatusCode::kAborted, StatusCode::kDeadlineExceeded}}};
  EXPECT_EQ(config.method("/test.Echo/Unary"), expected);
  EXPECT_EQ(config.method("/test.Echo/Other"), MethodConfig{});
}

TEST(ServiceConfig, OriginalFieldNamesAreReadToo) {
  const ServiceConfig config = parsed(R"({"method_config": [{"name": [{}], "wait_for_ready": true,
      "max_request_message_bytes": 5}]})");
  EXPECT_EQ(config.method("/a/b").wait_for_ready, true);
  EXPECT_EQ(config.method("/a/b").max_request_message_bytes, 5);
}

TEST(ServiceConfig, TheEntryOfTheMethodThenOfTheServiceThenOfAllIsUsed) {
  const ServiceConfig config = parsed(R"({"methodConfig": [
    {"name": [{}], "timeout": "1s"},
    {"name": [{"service": "a.B"}], "timeout": "2s"},
    {"name": [{"service": "a.B", "method": "C"}, {"service": "x.Y", "method": ""}], "timeout": "3s"}]})");
  EXPECT_EQ(config.method("/a.B/C").timeout, seconds{3});
  EXPECT_EQ(config.method("/a.B/D").timeout, seconds{2});
  EXPECT_EQ(config.method("/x.Y/Z").timeout, seconds{3});
  EXPECT_EQ(config.method("/q.R/S").timeout, seconds{1});
}

TEST(ServiceConfig, UnknownFieldsAndNullAreIgnored) {
  EXPECT_EQ(parsed(R"({"new": [1], "methodConfig": null, "healthCheckConfig": {"new": 1}})").method("/a/b"),
            MethodConfig{});
}

TEST(ServiceConfig, NamesAreChecked) {
  EXPECT_EQ(error(R"({"methodConfig":[{"name":[{"method":"M"}]}]})"),
            "methodConfig[0].name[0] has the method \"M\" and no service; a method needs its service");
  EXPECT_EQ(
      error(R"({"methodConfig":[{"name":[{"service":"a"}]},{"name":[{"service":"b"},{"service":"a"}]}]})"),
      "methodConfig[1].name[1] names /a/ a second time; each name may stand once");
  EXPECT_EQ(error(R"({"methodConfig":[{"name":[{},{}]}]})"),
            "methodConfig[0].name[1] names all methods a second time; each name may stand once");
  EXPECT_EQ(error(R"({"methodConfig":[{"name":[{"service":5}]}]})"),
            "methodConfig[0].name[0].service is 5; it must be a text");
}

TEST(ServiceConfig, ErrorsNameTheFieldTheValueAndWhatMayStandThere) {
  EXPECT_EQ(error(with_method(R"("waitForReady":"yes")")),
            "methodConfig[0].waitForReady is \"yes\"; it must be true or false");
  EXPECT_EQ(error(with_method(R"("maxRequestMessageBytes":-1)")),
            "methodConfig[0].maxRequestMessageBytes is -1; it must be a whole number from 0 to 4294967295");
  EXPECT_EQ(error(with_method(R"("maxRequestMessageBytes":1.5)")),
            "methodConfig[0].maxRequestMessageBytes is 1.5; it must be a whole number from 0 to 4294967295");
  EXPECT_EQ(error(R"({"methodConfig":{}})"), "methodConfig is {}; it must be a list");
  EXPECT_EQ(error(R"({"methodConfig":[3]})"), "methodConfig[0] is 3; it must be an object");
  EXPECT_EQ(error("[]"), "the service config is []; it must be an object");
  EXPECT_EQ(error(R"({"a": 1,})"), "the service config is not JSON: it goes wrong at byte 9");
}

TEST(ServiceConfig, LongValuesAreCutInMessages) {
  const std::string message = error(with_method(R"("waitForReady":")" + std::string(500, 'x') + '"'));
  EXPECT_LT(message.size(), 150);
  EXPECT_THAT(message, HasSubstr("xxx…; it must be true or false"));
}

TEST(ServiceConfig, DeepNestingIsAnError) {
  const std::string deep = R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(error(deep), "the service config is nested deeper than 64 levels");
}

struct DurationCase {
  std::string_view text;
  Duration expected;
};

TEST(ServiceConfig, DurationsAreSecondsWithUpToNineDecimals) {
  for (const auto& [text, expected] : {DurationCase{"0s", Duration::zero()}, DurationCase{"1s", seconds{1}},
                                       DurationCase{"0.000000001s", Duration{1}},
                                       DurationCase{"3.000001s", seconds{3} + std::chrono::microseconds{1}},
                                       DurationCase{"315576000000s", Duration::max()}}) {
    const std::string json = with_method("\"timeout\":\"" + std::string{text} + '"');
    EXPECT_EQ(parsed(json).method("/a/b").timeout, expected) << text;
  }
}

TEST(ServiceConfig, WhatIsNoDurationIsAnError) {
  for (const std::string text :
       {"1", "s", "1.s", ".5s", "-1s", "1.0000000001s", "1e3s", "+1s", "1,5s", "1s ", ""}) {
    EXPECT_EQ(error(with_method("\"timeout\":\"" + text + '"')),
              "methodConfig[0].timeout is \"" + text + "\"; it must be seconds as a text, such as \"1.5s\"");
  }
  EXPECT_THAT(error(with_method(R"("timeout":1.5)")),
              HasSubstr("timeout is 1.5; it must be seconds as a text"));
}

/// A retryPolicy with one field replaced.
std::string retry_with(const std::string& field, const std::string& value) {
  std::string policy;
  for (const auto& [name, usual] : {std::pair<std::string, std::string>{"maxAttempts", "3"},
                                    {"initialBackoff", R"("0.1s")"},
                                    {"maxBackoff", R"("1s")"},
                                    {"backoffMultiplier", "2"},
                                    {"retryableStatusCodes", R"(["UNAVAILABLE"])"}}) {
    const std::string& used = name == field ? value : usual;
    if (!used.empty()) policy += (policy.empty() ? "\"" : ",\"") + name + "\":" + used;
  }
  return with_method("\"retryPolicy\":{" + policy + "}");
}

TEST(ServiceConfig, EveryFieldOfARetryPolicyIsNeeded) {
  EXPECT_EQ(error(retry_with("", "")), "no error");
  for (const std::string field :
       {"maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"}) {
    EXPECT_THAT(error(retry_with(field, "")),
                HasSubstr("methodConfig[0].retryPolicy." + field + " is missing; it must be "));
  }
}

TEST(ServiceConfig, ARetryPolicyIsChecked) {
  EXPECT_EQ(error(retry_with("maxAttempts", "1")),
            "methodConfig[0].retryPolicy.maxAttempts is 1; it must be a whole number from 2 to 4294967295");
  EXPECT_EQ(error(retry_with("initialBackoff", R"("0s")")),
            "methodConfig[0].retryPolicy.initialBackoff is \"0s\"; it must be seconds as a text, more than "
            "0, such as "
            "\"1.5s\"");
  EXPECT_THAT(error(retry_with("maxBackoff", R"("0s")")), HasSubstr("maxBackoff is \"0s\""));
  EXPECT_EQ(error(retry_with("backoffMultiplier", "0")),
            "methodConfig[0].retryPolicy.backoffMultiplier is 0; it must be a number greater than 0");
  EXPECT_EQ(error(retry_with("retryableStatusCodes", "[]")),
            "methodConfig[0].retryPolicy.retryableStatusCodes is []; it must be a list of at least one "
            "status code");
  EXPECT_EQ(error(retry_with("retryableStatusCodes", R"(["UNAVAILABLE","GONE"])")),
            "methodConfig[0].retryPolicy.retryableStatusCodes[1] is \"GONE\"; it must be a status code, by "
            "its name "
            "(\"UNAVAILABLE\") or its number (0 to 16)");
  EXPECT_THAT(error(retry_with("retryableStatusCodes", "[17]")), HasSubstr("retryableStatusCodes[0] is 17"));
}

TEST(ServiceConfig, MoreThanFiveAttemptsAreFive) {
  const ServiceConfig config = parsed(retry_with("maxAttempts", "100"));
  EXPECT_EQ(std::get<RetryPolicy>(config.method("/a/b").attempts).max_attempts, 5);
}

TEST(ServiceConfig, AHedgingPolicyIsRead) {
  const ServiceConfig config = parsed(with_method(
      R"("hedgingPolicy":{"maxAttempts":3,"hedgingDelay":"0.5s","nonFatalStatusCodes":["INTERNAL"]})"));
  const HedgingPolicy expected{
      .max_attempts = 3, .hedging_delay = milliseconds{500}, .non_fatal = {StatusCode::kInternal}};
  EXPECT_EQ(std::get<HedgingPolicy>(config.method("/a/b").attempts), expected);
  EXPECT_EQ(std::get<HedgingPolicy>(
                parsed(with_method(R"("hedgingPolicy":{"maxAttempts":2})")).method("/a/b").attempts),
            HedgingPolicy{});
  EXPECT_THAT(error(with_method(R"("hedgingPolicy":{})")), HasSubstr("hedgingPolicy.maxAttempts is missing"));
}

TEST(ServiceConfig, RetryAndHedgingTogetherAreAnError) {
  EXPECT_EQ(error(with_method(R"("retryPolicy":{},"hedgingPolicy":{})")),
            "methodConfig[0] has a retryPolicy and a hedgingPolicy; it must have one of them");
}

TEST(ServiceConfig, ThrottlingKeepsThreeDecimals) {
  EXPECT_EQ(parsed(R"({"retryThrottling":{"maxTokens":10,"tokenRatio":0.5466}})").retry_throttling(),
            (RetryThrottling{.max_tokens = 10, .token_ratio = 0.546}));
  EXPECT_EQ(parsed(R"({"retryThrottling":{"maxTokens":1000,"tokenRatio":0.57}})").retry_throttling(),
            (RetryThrottling{.max_tokens = 1000, .token_ratio = 0.57}));
}

TEST(ServiceConfig, ThrottlingIsChecked) {
  EXPECT_EQ(error(R"({"retryThrottling":{"maxTokens":0,"tokenRatio":1}})"),
            "retryThrottling.maxTokens is 0; it must be a whole number from 1 to 1000");
  EXPECT_THAT(error(R"({"retryThrottling":{"maxTokens":1001,"tokenRatio":1}})"),
              HasSubstr("maxTokens is 1001"));
  EXPECT_THAT(error(R"({"retryThrottling":{"maxTokens":5}})"),
              HasSubstr("retryThrottling.tokenRatio is missing"));
  EXPECT_THAT(error(R"({"retryThrottling":{"maxTokens":5,"tokenRatio":0}})"), HasSubstr("tokenRatio is 0"));
  EXPECT_EQ(error(R"({"retryThrottling":{"maxTokens":5,"tokenRatio":0.0009}})"),
            "retryThrottling.tokenRatio is 0.0009; it must be a number of at least 0.001");
}

TEST(ServiceConfig, TheFirstKnownPolicyIsTaken) {
  EXPECT_EQ(parsed(with_policy(R"({"grpclb":{}},{"round_robin":{}},{"pick_first":{}})")).load_balancing(),
            PolicyConfig{RoundRobinConfig{}});
  EXPECT_EQ(parsed(with_policy(R"({"pick_first":{"shuffleAddressList":true}})")).load_balancing(),
            (PolicyConfig{PickFirstConfig{.shuffle_address_list = true}}));
}

TEST(ServiceConfig, AListWithoutAKnownPolicyIsAnError) {
  EXPECT_EQ(error(with_policy(R"({"grpclb":{}})")),
            "loadBalancingConfig is [{\"grpclb\":{}}]; it must be a list with one of the policies "
            "pick_first, round_robin, "
            "weighted_round_robin, least_request_experimental, ring_hash_experimental, "
            "outlier_detection_experimental");
  EXPECT_THAT(error(with_policy(R"({"pick_first":{},"round_robin":{}})")),
              HasSubstr("it must be an object with one field, named as the policy"));
}

TEST(ServiceConfig, TheOlderPolicyFieldIsReadWhenTheListIsNotThere) {
  EXPECT_EQ(parsed(R"({"loadBalancingPolicy":"ROUND_ROBIN"})").load_balancing(),
            PolicyConfig{RoundRobinConfig{}});
  EXPECT_EQ(parsed(R"({"loadBalancingPolicy":"ROUND_ROBIN","loadBalancingConfig":[{"pick_first":{}}]})")
                .load_balancing(),
            PolicyConfig{PickFirstConfig{}});
  EXPECT_THAT(error(R"({"loadBalancingPolicy":"best"})"),
              HasSubstr("loadBalancingPolicy is \"best\"; it must be"));
}

TEST(ServiceConfig, WeightedRoundRobinIsRead) {
  const auto config = policy_of<WeightedRoundRobinConfig>(
      R"({"weighted_round_robin":{"enableOobLoadReport":true,"oobReportingPeriod":"5s","blackoutPeriod":"0s",
          "weightExpirationPeriod":"60s","weightUpdatePeriod":"0.01s","errorUtilizationPenalty":0.5}})");
  const WeightedRoundRobinConfig expected{.enable_oob_load_report = true,
                                          .oob_reporting_period = seconds{5},
                                          .blackout_period = seconds{0},
                                          .weight_expiration_period = seconds{60},
                                          .weight_update_period = milliseconds{100},
                                          .error_utilization_penalty = 0.5};
  EXPECT_EQ(config, expected);
  EXPECT_EQ(policy_of<WeightedRoundRobinConfig>(R"({"weighted_round_robin":{}})"),
            WeightedRoundRobinConfig{});
  EXPECT_EQ(error(with_policy(R"({"weighted_round_robin":{"errorUtilizationPenalty":-1}})")),
            "loadBalancingConfig[0].weighted_round_robin.errorUtilizationPenalty is -1; it must be a number "
            "of at least 0");
}

TEST(ServiceConfig, LeastRequestChoosesAmongTwoToTen) {
  EXPECT_EQ(policy_of<LeastRequestConfig>(R"({"least_request_experimental":{}})").choice_count, 2);
  EXPECT_EQ(
      policy_of<LeastRequestConfig>(R"({"least_request_experimental":{"choiceCount":"11"}})").choice_count,
      10);
  EXPECT_THAT(error(with_policy(R"({"least_request_experimental":{"choiceCount":1}})")),
              HasSubstr("choiceCount is 1; it must be a whole number from 2"));
}

TEST(ServiceConfig, RingHashIsReadAndCapped) {
  const auto config = policy_of<RingHashConfig>(
      R"({"ring_hash_experimental":{"minRingSize":"5000","maxRingSize":8388608,"requestHashHeader":"x-user"}})");
  EXPECT_EQ(config,
            (RingHashConfig{.min_ring_size = 4096, .max_ring_size = 4096, .request_hash_header = "x-user"}));
  EXPECT_EQ(error(with_policy(R"({"ring_hash_experimental":{"minRingSize":10,"maxRingSize":9}})")),
            "loadBalancingConfig[0].ring_hash_experimental.minRingSize is 10; it must be at most "
            "maxRingSize, which is 9");
  EXPECT_THAT(error(with_policy(R"({"ring_hash_experimental":{"maxRingSize":8388609}})")),
              HasSubstr("8388609"));
  EXPECT_THAT(error(with_policy(R"({"ring_hash_experimental":{"requestHashHeader":"x-bin"}})")),
              HasSubstr("requestHashHeader is \"x-bin\"; it must be a metadata key of text"));
  EXPECT_THAT(error(with_policy(R"({"ring_hash_experimental":{"requestHashHeader":"x y"}})")),
              HasSubstr("\"x y\""));
}

TEST(ServiceConfig, OutlierDetectionIsReadWithItsChild) {
  const auto config =
      policy_of<std::shared_ptr<const OutlierDetectionConfig>>(R"({"outlier_detection_experimental":{
      "interval":"1s","baseEjectionTime":"2s","maxEjectionTime":"4s","maxEjectionPercent":50,
      "successRateEjection":{"stdevFactor":1000,"requestVolume":7},
      "failurePercentageEjection":{"threshold":60,"enforcementPercentage":30,"minimumHosts":2},
      "childPolicy":[{"unheard_of":{}},{"round_robin":{}}]}})");
  ASSERT_NE(config, nullptr);
  EXPECT_EQ(config->interval, seconds{1});
  EXPECT_EQ(config->base_ejection_time, seconds{2});
  EXPECT_EQ(config->max_ejection_time, seconds{4});
  EXPECT_EQ(config->max_ejection_percent, 50);
  EXPECT_EQ(config->success_rate->stdev_factor, 1000);
  EXPECT_EQ(config->success_rate->request_volume, 7);
  EXPECT_EQ(config->success_rate->minimum_hosts, 5);
  EXPECT_EQ(config->failure_percentage->threshold, 60);
  EXPECT_EQ(config->failure_percentage->enforcement_percentage, 30);
  EXPECT_EQ(config->failure_percentage->minimum_hosts, 2);
  EXPECT_EQ(config->child, PolicyConfig{RoundRobinConfig{}});
}

TEST(ServiceConfig, TheSamePolicyReadTwiceIsTheSame) {
  const auto read = [](std::string_view child, int interval) {
    return parsed(with_policy(R"({"outlier_detection_experimental":{"interval":")" +
                              std::to_string(interval) + R"(s","childPolicy":[{")" + std::string{child} +
                              R"(":{}}]}})"))
        .load_balancing();
  };
  EXPECT_TRUE(same_policy(read("round_robin", 1), read("round_robin", 1)));
  EXPECT_FALSE(same_policy(read("round_robin", 1), read("pick_first", 1)));
  EXPECT_FALSE(same_policy(read("round_robin", 1), read("round_robin", 2)));
  EXPECT_FALSE(same_policy(read("round_robin", 1), RoundRobinConfig{}));
  EXPECT_TRUE(same_policy(RoundRobinConfig{}, RoundRobinConfig{}));
}

/// A config with every field, damaged in one place after the other and in random ones, is read or refused
/// with a reason, and never worse.
TEST(ServiceConfig, DamagedOnesAreReadOrRefused) {
  const std::string whole = R"({"methodConfig":[{"name":[{"service":"a","method":"b"}],"timeout":"1.5s",
      "retryPolicy":{"maxAttempts":3,"initialBackoff":"0.1s","maxBackoff":"1s","backoffMultiplier":2,
      "retryableStatusCodes":["UNAVAILABLE",4]}}],"retryThrottling":{"maxTokens":10,"tokenRatio":0.1},
      "loadBalancingConfig":[{"outlier_detection_experimental":{"childPolicy":[{"ring_hash_experimental":
      {"minRingSize":"7","requestHashHeader":"k"}}]}}],"healthCheckConfig":{"serviceName":"s"}})";
  ASSERT_TRUE(ServiceConfig::parse(whole));
  const auto check = [](std::string_view json) {
    const auto config = ServiceConfig::parse(json);
    EXPECT_TRUE(config || !config.error().empty());
  };
  for (std::size_t size = 0; size < whole.size(); ++size) check(whole.substr(0, size));
  std::minstd_rand random{7};
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = whole;
    for (unsigned changes = random() % 3 + 1; changes > 0; --changes) {
      damaged[random() % damaged.size()] = R"({}[]",:0-e.sn\)"[random() % 15];
    }
    check(damaged);
  }
}

TEST(ServiceConfig, OutlierDetectionIsChecked) {
  EXPECT_THAT(error(with_policy(R"({"outlier_detection_experimental":{}})")),
              HasSubstr("outlier_detection_experimental.childPolicy is missing"));
  EXPECT_THAT(error(with_policy(R"({"outlier_detection_experimental":{"maxEjectionPercent":101,
                                    "childPolicy":[{"round_robin":{}}]}})")),
              HasSubstr("maxEjectionPercent is 101; it must be a whole number from 0 to 100"));
  EXPECT_THAT(error(with_policy(R"({"outlier_detection_experimental":{"childPolicy":[{"x":{}}]}})")),
              HasSubstr("childPolicy is [{\"x\":{}}]; it must be a list with one of the policies"));
}

TEST(ServiceConfig, HealthCheckingAndConnectionScalingAreRead) {
  EXPECT_EQ(parsed(R"({"healthCheckConfig":{"serviceName":"a.B"}})").health_check_service(), "a.B");
  EXPECT_EQ(parsed(R"({"healthCheckConfig":{"serviceName":""}})").health_check_service(), "");
  EXPECT_EQ(parsed(R"({"healthCheckConfig":{}})").health_check_service(), std::nullopt);
  EXPECT_EQ(
      parsed(R"({"connectionScaling":{"maxConnectionsPerSubchannel":3}})").max_connections_per_backend(), 3);
  EXPECT_EQ(
      parsed(R"({"connectionScaling":{"maxConnectionsPerSubchannel":30}})").max_connections_per_backend(),
      10);
  EXPECT_EQ(
      parsed(R"({"connectionScaling":{"maxConnectionsPerSubchannel":0}})").max_connections_per_backend(), 1);
}

TEST(ServiceConfig, ComesFromAFileToo) {
  const std::string path = ::testing::TempDir() + "service_config_test.json";
  std::ofstream{path} << R"({"methodConfig": [{"name": [{}], "timeout": "1.5s"}]})";
  const auto config = ServiceConfig::from_file(path);
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->method("/a.B/C").timeout, milliseconds{1500});
  std::ofstream{path} << "{";
  EXPECT_THAT(ServiceConfig::from_file(path).error(), HasSubstr(path));
  std::remove(path.c_str());
  EXPECT_THAT(ServiceConfig::from_file(path).error(), HasSubstr("cannot read the service config '" + path));
}

}  // namespace
}  // namespace parlance
