#include "rpc/service_config_choice.h"

#include <gtest/gtest.h>

#include "rpc/service_config.h"

namespace parlance {
namespace {

constexpr ServiceConfigClient kClient{.language = "c++", .hostname = "web-1", .percentage_roll = 49};

std::string chosen(std::string_view json, const ServiceConfigClient& client = kClient) {
  const auto choice = choose_from_txt(json, client);
  if (!choice) return choice.error();
  return choice->value_or("none");
}

TEST(ServiceConfigChoice, TheFirstThatFitsIsChosen) {
  EXPECT_EQ(chosen(R"([{"serviceConfig":{"a":1}},{"serviceConfig":{"b":2}}])"), R"({"a":1})");
  EXPECT_EQ(chosen("[]"), "none");
}

TEST(ServiceConfigChoice, LanguagesAreComparedWithoutCase) {
  EXPECT_EQ(chosen(R"([{"clientLanguage":["java","C++"],"serviceConfig":{}}])"), "{}");
  EXPECT_EQ(chosen(R"([{"clientLanguage":["go"],"serviceConfig":{}}])"), "none");
  EXPECT_EQ(chosen(R"([{"clientLanguage":[],"serviceConfig":{}}])"), "{}");
}

TEST(ServiceConfigChoice, HostnamesAreComparedExactly) {
  EXPECT_EQ(chosen(R"([{"clientHostname":["web-1"],"serviceConfig":{}}])"), "{}");
  EXPECT_EQ(chosen(R"([{"clientHostname":["Web-1"],"serviceConfig":{}}])"), "none");
}

TEST(ServiceConfigChoice, APercentageIsOfTheClients) {
  const std::string_view half = R"([{"percentage":50,"serviceConfig":{}}])";
  EXPECT_EQ(chosen(half, {.percentage_roll = 49}), "{}");
  EXPECT_EQ(chosen(half, {.percentage_roll = 50}), "none");
  EXPECT_EQ(chosen(R"([{"percentage":0,"serviceConfig":{}}])", {.percentage_roll = 0}), "none");
  EXPECT_EQ(chosen(R"([{"percentage":100,"serviceConfig":{}}])", {.percentage_roll = 99}), "{}");
}

TEST(ServiceConfigChoice, AllCriteriaMustFit) {
  EXPECT_EQ(chosen(R"([{"clientLanguage":["c++"],"clientHostname":["x"],"serviceConfig":{}}])"), "none");
}

TEST(ServiceConfigChoice, AListThatIsWrongAnywhereIsNotUsed) {
  EXPECT_EQ(chosen(R"([{"serviceConfig":{}},{"percentage":101,"serviceConfig":{}}])"),
            "grpc_config[1].percentage is 101; it must be a whole number from 0 to 100");
  EXPECT_EQ(chosen(R"([{"serviceConfig":{}},{"serviceConfig":7}])"),
            "grpc_config[1].serviceConfig is 7; it must be an object");
  EXPECT_EQ(chosen(R"([{"percentage":1}])"), "grpc_config[0].serviceConfig is missing; it must be an object");
  EXPECT_EQ(
      chosen(R"([{"zone":"b","serviceConfig":{}}])"),
      "grpc_config[0].zone is no field of a choice; those are clientLanguage, percentage, clientHostname and "
      "serviceConfig");
  EXPECT_EQ(chosen(R"([{"clientLanguage":"c++","serviceConfig":{}}])"),
            "grpc_config[0].clientLanguage is \"c++\"; it must be a list");
  EXPECT_EQ(chosen(R"([{"clientHostname":[1],"serviceConfig":{}}])"),
            "grpc_config[0].clientHostname[0] is 1; it must be a text");
  EXPECT_EQ(chosen(R"({"serviceConfig":{}})"),
            "grpc_config is {\"serviceConfig\":{}}; it must be a list of choices");
  EXPECT_EQ(chosen("[7]"), "grpc_config[0] is 7; it must be an object");
  EXPECT_EQ(chosen("[{"), "grpc_config is not JSON: it goes wrong at byte 3");
}

TEST(ServiceConfigChoice, WhatIsChosenIsReadAsAServiceConfig) {
  const auto config = ServiceConfig::parse(
      chosen(R"([{"serviceConfig":{"methodConfig":[{"name":[{"service":"a"}],"waitForReady":true}]}}])"));
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->method("/a/b").wait_for_ready, true);
}

}  // namespace
}  // namespace parlance
