#include "app/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::string& text) {
  ServeConfig config;
  const auto read = read_config_text(text, "serve.yaml", config);
  return read ? "no error" : read.error();
}

TEST(ConfigFile, SetsEveryKey) {
  ServeConfig config;
  const auto read = read_config_text(R"(# all of them
listen: ["127.0.0.1:8500", "unix:/run/parlance.sock"]
http: ["127.0.0.1:8000"]
torchserve: [7070, "0.0.0.0:17070"]
torchserve-management: 7071
threads: 4
max-receive-message-bytes: 64MiB
memory: 512M
shutdown-grace: 1500ms
resume-grace: 5s
require: [digits, magika]
model-control-mode: explicit
shared-memory: off
auth-keys-file: keys.txt
jwks-file: jwks.json
jwt-issuer: https://issuer
jwt-audience: parlance
torchserve-tokens: key_file.json
torchserve-token-lifetime: 5m
torchserve-statuses: torchserve
rate-limit: 50
max-concurrent-calls: 64
access-log: all
log-format: json
log-level: debug
)",
                                     "serve.yaml", config);
  ASSERT_TRUE(read) << read.error();
  EXPECT_THAT(config.listen, ElementsAre("127.0.0.1:8500", "unix:/run/parlance.sock"));
  EXPECT_THAT(config.http, ElementsAre("127.0.0.1:8000"));
  EXPECT_THAT(config.torchserve, ElementsAre("127.0.0.1:7070", "0.0.0.0:17070"));
  EXPECT_THAT(config.torchserve_management, ElementsAre("127.0.0.1:7071"));
  EXPECT_EQ(config.threads, 4);
  EXPECT_EQ(config.max_receive_message_bytes, 64 * 1024 * 1024);
  EXPECT_EQ(config.memory_bytes, 512 * 1024 * 1024);
  EXPECT_EQ(config.shutdown_grace, 1500ms);
  EXPECT_EQ(config.resume_grace, 5s);
  EXPECT_THAT(config.require, ElementsAre("digits", "magika"));
  EXPECT_EQ(config.model_control, ModelControlMode::kExplicit);
  EXPECT_EQ(config.shared_memory, SharedMemory::Callers::kNobody);
  EXPECT_EQ(config.auth_keys_file, "keys.txt");
  EXPECT_EQ(config.jwks_file, "jwks.json");
  EXPECT_EQ(config.jwt_issuer, "https://issuer");
  EXPECT_EQ(config.jwt_audience, "parlance");
  EXPECT_EQ(config.torchserve_tokens, "key_file.json");
  EXPECT_EQ(config.torchserve_token_lifetime, 5min);
  EXPECT_TRUE(config.torchserve_statuses);
  EXPECT_EQ(config.rate_limit, 50);
  EXPECT_EQ(config.max_concurrent_calls, 64);
  EXPECT_EQ(config.access_log, AccessLogMode::kAll);
  EXPECT_EQ(config.log_format, LogFormat::kJson);
  EXPECT_EQ(config.log_level, LogLevel::kDebug);
}

TEST(ConfigFile, TheAdminAddressIsTheDefaultOrGivenOrOff) {
  ServeConfig config;
  EXPECT_FALSE(config.admin);
  ASSERT_TRUE(read_config_text("admin: [\"127.0.0.1:1\", \"unix:/run/admin.sock\"]", "serve.yaml", config));
  EXPECT_THAT(config.admin.value(), ElementsAre("127.0.0.1:1", "unix:/run/admin.sock"));
  for (const char* off : {"admin: off", "admin: \"\""}) {
    config.admin.reset();
    ASSERT_TRUE(read_config_text(off, "serve.yaml", config)) << off;
    EXPECT_TRUE(config.admin.value().empty()) << off;
  }
  EXPECT_THAT(error_of("admin: [off, \"127.0.0.1:1\"]"), HasSubstr("admin: 'off' is not an address"));
}

TEST(ConfigFile, LeavesWhatItDoesNotName) {
  ServeConfig config;
  config.threads = 7;
  ASSERT_TRUE(read_config_text("listen: \"[::1]:1\"", "serve.yaml", config));
  EXPECT_EQ(config.threads, 7);
  EXPECT_THAT(config.listen, ElementsAre("[::1]:1"));
  ASSERT_TRUE(read_config_text("", "serve.yaml", config));
  ASSERT_TRUE(read_config_text("# nothing\n", "serve.yaml", config));
}

TEST(ConfigFile, AnUnknownKeyIsNamedWithItsLineTheNearestKeyAndAllKeys) {
  EXPECT_EQ(
      error_of("threads: 4\nshutdown_grace: 3s\n"),
      "serve.yaml:2: unknown key 'shutdown_grace'; did you mean 'shutdown-grace'? Keys: listen, http, admin, "
      "torchserve, torchserve-management, tls-cert, "
      "tls-key, client-ca, threads, max-receive-message-bytes, memory, shutdown-grace, resume-grace, "
      "require, watch, model-control-mode, shared-memory, "
      "auth-keys-file, jwks-file, jwt-issuer, jwt-audience, torchserve-tokens, torchserve-token-lifetime, "
      "torchserve-statuses, rate-limit, max-concurrent-calls, access-log, "
      "log-format, "
      "log-level");
  EXPECT_THAT(error_of("tls: on"), StartsWith("serve.yaml:1: unknown key 'tls'. Keys: listen"));
}

TEST(ConfigFile, TlsFilesComeTogether) {
  ServeConfig config;
  ASSERT_TRUE(read_config_text("tls-cert: a.pem", "serve.yaml", config));
  EXPECT_EQ(check(config).error(), "tls-cert and tls-key are given together or not at all");
  ASSERT_TRUE(read_config_text("tls-key: a.key\nclient-ca: ca.pem", "serve.yaml", config));
  EXPECT_TRUE(check(config));
  ServeConfig only_ca;
  ASSERT_TRUE(read_config_text("client-ca: ca.pem", "serve.yaml", only_ca));
  EXPECT_EQ(check(only_ca).error(), "client-ca needs tls-cert and tls-key");
}

TEST(ConfigFile, WhatTokensMustSayNeedsTheirKeys) {
  ServeConfig config;
  ASSERT_TRUE(read_config_text("jwt-issuer: me", "serve.yaml", config));
  EXPECT_EQ(check(config).error(), "jwt-issuer and jwt-audience need jwks-file");
  ASSERT_TRUE(read_config_text("jwks-file: jwks.json", "serve.yaml", config));
  EXPECT_TRUE(check(config));
}

TEST(ConfigFile, ACallCarriesOneToken) {
  ServeConfig config;
  ASSERT_TRUE(read_config_text("torchserve-tokens: key_file.json", "serve.yaml", config));
  EXPECT_TRUE(check(config));
  ASSERT_TRUE(read_config_text("auth-keys-file: keys", "serve.yaml", config));
  EXPECT_EQ(check(config).error(),
            "torchserve-tokens goes with neither auth-keys-file nor jwks-file: a call carries one token");
}

TEST(ConfigFile, AWrongValueIsNamedWithLineAndKey) {
  const std::pair<std::string, std::string> cases[] = {
      {"\nthreads: many", "serve.yaml:2: threads: 'many' is not a whole number from 0 to 1024"},
      {"threads: -1", "serve.yaml:1: threads: '-1' is not a whole number from 0 to 1024"},
      {"threads: [1, 2]", "serve.yaml:1: threads: expected N, found a list"},
      {"threads:", "serve.yaml:1: threads: expected N, found nothing"},
      {"listen: {port: 1}", "serve.yaml:1: listen: expected ADDRESS:PORT or a list of them, found a mapping"},
      {"listen:\n  - \"[::]:1\"\n  - [a]",
       "serve.yaml:3: listen: expected ADDRESS:PORT or a list of them, found a list"},
      {"listen: []", "serve.yaml:1: listen: the list is empty"},
      {"log-level: verbose",
       "serve.yaml:1: log-level: 'verbose' is not a log level: debug, info, warning or error"},
      {"access-log: some", "serve.yaml:1: access-log: 'some' is not off, errors or all"},
      {"torchserve-statuses: mine", "serve.yaml:1: torchserve-statuses: 'mine' is not grpc or torchserve"},
      {"log-format: xml", "serve.yaml:1: log-format: 'xml' is not a log format: text or json"},
      {"threads: 1\nthreads: 2", "serve.yaml:2: threads is given twice"},
      {"- threads", "serve.yaml:1: expected keys with values, as in 'threads: 4'"},
  };
  for (const auto& [text, error] : cases) EXPECT_EQ(error_of(text), error) << text;
  EXPECT_THAT(error_of("shutdown-grace: soon"),
              StartsWith("serve.yaml:1: shutdown-grace: 'soon' is not a duration: "));
  EXPECT_THAT(error_of("listen: localhost"),
              StartsWith("serve.yaml:1: listen: 'localhost' is not an address: "));
}

TEST(ConfigFile, WhatIsNotYamlIsNamedWithItsLine) {
  EXPECT_THAT(error_of("threads: 4\nlisten: [\"a\""), StartsWith("serve.yaml:2: this is not YAML: "));
}

TEST(ConfigFile, AFileThatIsNotThereIsSaid) {
  ServeConfig config;
  const auto read = read_config_file("/no/such/serve.yaml", config);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), "cannot read /no/such/serve.yaml: No such file or directory");
}

}  // namespace
}  // namespace parlance::app
