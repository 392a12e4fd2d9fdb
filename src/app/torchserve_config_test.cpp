#include "app/torchserve_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/java_properties.h"

namespace parlance::app {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

Environment variables(std::map<std::string, std::string> named) {
  return [named = std::move(named)](const std::string& name) -> std::optional<std::string> {
    const auto found = named.find(name);
    if (found == named.end()) return std::nullopt;
    return found->second;
  };
}

ServeConfig read(const std::string& text, const Environment& environment = variables({})) {
  ServeConfig config;
  const auto store = read_torchserve_config_text(text, "config.properties", environment, config);
  EXPECT_TRUE(store) << store.error();
  return config;
}

std::string error_of(const std::string& text) {
  ServeConfig config;
  const auto store = read_torchserve_config_text(text, "config.properties", variables({}), config);
  return store ? "no error" : store.error();
}

TEST(JavaProperties, AreReadAsJavaReadsThem) {
  const auto properties = parse_java_properties(
      "# a comment\n! another\n\n"
      "a=1\n"
      "  b : two words \r\n"
      "c three\n"
      "d=\n"
      "e\n"
      "models={\\\n"
      "    \"noop\": {\\\n"
      "  }}\n"
      "k\\:ey\\ with=a\\tb\\\\c\\u00e4\\u20ac\\q\n"
      "last=x\\");
  ASSERT_TRUE(properties) << properties.error();
  EXPECT_THAT(*properties, ElementsAre(Pair("a", "1"), Pair("b", "two words "), Pair("c", "three"),
                                       Pair("d", ""), Pair("e", ""), Pair("models", "{\"noop\": {}}"),
                                       Pair("k:ey with", "a\tb\\cä€q"), Pair("last", "x")));
}

TEST(JavaProperties, AnEscapeThatIsNoneIsNamedWithItsLine) {
  for (const char* text : {"a=1\nb=\\u12", "a=1\nb=\\u12x4"}) {
    const auto properties = parse_java_properties(text);
    ASSERT_FALSE(properties);
    EXPECT_EQ(properties.error(), "line 2: \\u needs four hexadecimal digits");
  }
}

TEST(TorchServeConfig, ServesWhereTorchServeWould) {
  const ServeConfig config = read("");
  EXPECT_THAT(config.listen, ElementsAre("127.0.0.1:7070"));
  EXPECT_THAT(config.torchserve_management, ElementsAre("127.0.0.1:7071"));
  EXPECT_THAT(config.http, IsEmpty());
  EXPECT_FALSE(config.admin);
  EXPECT_FALSE(config.load);
  EXPECT_TRUE(config.torchserve_changes_models);
  EXPECT_THAT(config.warnings, ElementsAre(HasSubstr("no tokens are asked for")));
}

TEST(TorchServeConfig, EachAddressIsTakenOver) {
  const ServeConfig config = read(
      "inference_address=http://0.0.0.0:8085\n"
      "management_address=http://localhost:8086/\n"
      "grpc_inference_address=0.0.0.0\n"
      "grpc_inference_port=17070\n"
      "grpc_management_address=::1\n"
      "grpc_management_port=17071\n");
  EXPECT_THAT(config.listen, ElementsAre("0.0.0.0:17070"));
  EXPECT_THAT(config.http, ElementsAre("0.0.0.0:8085"));
  EXPECT_THAT(config.torchserve_management, ElementsAre("[::1]:17071", "127.0.0.1:8086"));
  EXPECT_FALSE(config.admin);
  EXPECT_THAT(read("inference_address=unix:/run/ts.sock").http, ElementsAre("unix:/run/ts.sock"));
  EXPECT_THAT(read("inference_address=http://[::1]").http, ElementsAre("[::1]:8080"));
  EXPECT_EQ(error_of("inference_address=here"),
            "config.properties: inference_address: Invalid binding address: here");
}

TEST(TorchServeConfig, TlsNeedsPemFiles) {
  const ServeConfig config = read("enable_grpc_ssl=true\ncertificate_file=a.pem\nprivate_key_file=a.key\n");
  EXPECT_EQ(config.tls_cert, "a.pem");
  EXPECT_EQ(config.tls_key, "a.key");
  EXPECT_EQ(read("certificate_file=a.pem\nprivate_key_file=a.key\n").tls_cert, "");
  EXPECT_EQ(error_of("inference_address=https://0.0.0.0:8443\nkeystore=a.p12\n"),
            "config.properties: enable_grpc_ssl: TLS needs certificate_file and private_key_file, in PEM");
}

TEST(TorchServeConfig, LimitsTokensAndThreads) {
  const ServeConfig config = read(
      "max_request_size=1000\nnumber_of_netty_threads=3\ndisable_token_authorization=false\n"
      "token_expiration_min=5\nenable_model_api=false\n");
  EXPECT_EQ(config.max_receive_message_bytes, 1000);
  EXPECT_EQ(config.threads, 3);
  EXPECT_EQ(config.torchserve_tokens, "key_file.json");
  EXPECT_EQ(config.torchserve_token_lifetime, 5min);
  EXPECT_FALSE(config.torchserve_changes_models);
  EXPECT_THAT(config.warnings, IsEmpty());
  EXPECT_THAT(read("disable_token_authorization=true").warnings, IsEmpty());
  EXPECT_THAT(error_of("max_request_size=big"),
              HasSubstr("config.properties: max_request_size: 'big' is not a whole number"));
}

TEST(TorchServeConfig, WhatIsLoadedFirst) {
  EXPECT_FALSE(read("load_models=all").load);
  EXPECT_THAT(read("load_models=none").load.value(), IsEmpty());
  EXPECT_THAT(read("load_models=noop.mar, second=other.mar,third").load.value(),
              ElementsAre("noop", "second", "third"));
  EXPECT_THAT(read("load_models=noop.mar, second=other.mar,third").torchserve_archives,
              ElementsAre(TorchServeArchive{"noop", "noop.mar"}, TorchServeArchive{"second", "other.mar"},
                          TorchServeArchive{"third", "third.mar"}));
  EXPECT_TRUE(read("load_models=all").torchserve_all_archives);
  EXPECT_FALSE(read("").torchserve_all_archives);
  EXPECT_EQ(error_of("load_models=a=https://host/a.mar"),
            "config.properties: load_models: models come from the repository, not from https://host/a.mar");
  EXPECT_THAT(read("model_snapshot={\"models\": {\"noop\": {\"1.0\": {}}}}").load.value(),
              ElementsAre("noop"));
  EXPECT_THAT(read("model_snapshot={\"models\": {}}").load.value(), IsEmpty());
  EXPECT_THAT(read("model_snapshot={\"models\": {\"noop\": {\"1.0\": {\"marName\": \"v1.mar\"}}}}")
                  .torchserve_archives,
              ElementsAre(TorchServeArchive{"noop", "v1.mar"}));
}

TEST(TorchServeConfig, SettingsOfModelsHoldOverTheirFilesAndDefaultsBelowThem) {
  const ServeConfig config = read(
      "default_workers_per_model=2\njob_queue_size=7\ndefault_response_timeout=9\n"
      "models={\"noop\": {\"1.0\": {\"minWorkers\": 4, \"batchSize\": 8, \"maxBatchDelay\": 50, "
      "\"responseTimeout\": 30}}}\n");
  EXPECT_EQ(config.torchserve_default_workers, 2);
  models::ModelConfig other;
  EXPECT_TRUE(config.change_model("other", other).ok());
  EXPECT_EQ(other.instances.count, 2);
  EXPECT_EQ(other.queue.max_size, 7);
  EXPECT_EQ(other.queue.default_timeout, 9s);
  models::ModelConfig said;
  said.instances.count = 3;
  said.queue.max_size = 100;
  EXPECT_TRUE(config.change_model("other", said).ok());
  EXPECT_EQ(said.instances.count, 3);
  EXPECT_EQ(said.queue.max_size, 100);
  EXPECT_TRUE(config.change_model("noop", said).ok());
  EXPECT_EQ(said.instances.count, 4);
  EXPECT_EQ(said.batching.max_batch, 8);
  EXPECT_EQ(said.batching.max_delay, 50ms);
  EXPECT_EQ(said.queue.default_timeout, 30s);
  EXPECT_EQ(error_of("models=[1"), "config.properties: models: not a JSON object");
}

TEST(TorchServeConfig, NothingIsPassedOverInSilence) {
  const ServeConfig config = read(
      "disable_token_authorization=true\nkeystore=a.p12\nallowed_urls=https://.*\nno_such_key=1\n"
      "ts_open_inference_protocol=true\nmetrics_address=http://0.0.0.0:8082\n");
  EXPECT_THAT(config.warnings,
              ElementsAre("allowed_urls is not used: models come from the repository alone",
                          "keystore is not used: TLS takes certificate_file and private_key_file, in PEM",
                          "metrics_address is not used: metrics are on the admin address, for Prometheus",
                          "no_such_key: unknown key"));
}

TEST(TorchServeConfig, VariablesStandForValues) {
  const Environment environment =
      variables({{"PORT", "7777"}, {"TS_JOB_QUEUE_SIZE", "5"}, {"TS_LOAD_MODELS", "x"}});
  EXPECT_THAT(read("grpc_inference_port=$$PORT$$", environment).listen, ElementsAre("127.0.0.1:7777"));
  EXPECT_EQ(error_of("grpc_inference_port=$$PORT$$"),
            "config.properties: grpc_inference_port: Invalid Environment Variable PORT");
  EXPECT_FALSE(read("", environment).load);
  EXPECT_THAT(read("enable_envvars_config=true", environment).load.value(), ElementsAre("x"));
}

TEST(TorchServeConfig, NamesTheModelStore) {
  ServeConfig config;
  EXPECT_EQ(read_torchserve_config_text("model_store=/srv/models", "f", variables({}), config).value(),
            "/srv/models");
  EXPECT_EQ(read_torchserve_config_text("", "f", variables({}), config).value(), "");
  const auto missing = read_torchserve_config("/no/such/config.properties", variables({}), config);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), "cannot read /no/such/config.properties: No such file or directory");
}

}  // namespace
}  // namespace parlance::app
