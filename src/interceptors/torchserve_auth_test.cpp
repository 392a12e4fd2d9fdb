#include "interceptors/torchserve_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;
using parlance::testing::EchoClient;
using parlance::testing::EchoServer;
using parlance::testing::text;
using Use = TorchServeKeys::Use;
using Time = TorchServeKeys::Time;

std::string keys_until(std::string_view time) {
  const std::string expires = "\", \"expiration time\": \"" + std::string{time} + "\"}";
  return "{\"management\": {\"key\": \"manage" + expires + ", \"inference\": {\"key\": \"infer" + expires +
         R"(, "API": {"key": "api"}})";
}

// 2025-03-14T09:26:53Z
const Time kThen{std::chrono::seconds{1741944413}};

TEST(TorchServeKeys, EachKeyOpensItsOwnApiUntilItExpires) {
  for (const char* time :
       {"2025-03-14T09:26:53Z", "2025-03-14T09:26:53.589Z", "2025-03-14T09:26:53.589793238Z"}) {
    const auto keys = TorchServeKeys::parse(keys_until(time));
    ASSERT_TRUE(keys) << keys.error();
    EXPECT_TRUE(keys->allows(Use::kInference, "infer", kThen - 1s)) << time;
    EXPECT_TRUE(keys->allows(Use::kManagement, "manage", kThen - 1s));
    EXPECT_FALSE(keys->allows(Use::kInference, "manage", kThen - 1s));
    EXPECT_FALSE(keys->allows(Use::kManagement, "infer", kThen - 1s));
    EXPECT_FALSE(keys->allows(Use::kInference, "api", kThen - 1s));
    EXPECT_FALSE(keys->allows(Use::kInference, "", kThen - 1s));
    EXPECT_FALSE(keys->allows(Use::kInference, "infer", kThen));
  }
}

TEST(TorchServeKeys, AFileThatIsNotOneSaysWhat) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{}", "management has no key"},
      {R"({"management": {"key": "a"}, "inference": {"key": 1}})", "inference has no key"},
      {R"({"management": {"key": "a"}, "inference": {"key": "b"}})", "API has no key"},
      {keys_until("soon"), "management has an expiration time that is none"},
      {keys_until("2025-03-14T09:26:53.1x3Z"), "management has an expiration time that is none"},
      {keys_until("2025-03-14T09:26:53"), "management has an expiration time that is none"},
  };
  for (const auto& [json, error] : cases) {
    const auto keys = TorchServeKeys::parse(json);
    ASSERT_FALSE(keys) << json;
    EXPECT_EQ(keys.error(), error) << json;
  }
}

TEST(TorchServeKeys, FreshOnesComeBackFromTheirFile) {
  const std::string json = TorchServeKeys::generate(kThen, 1h).to_json();
  EXPECT_THAT(json,
              ::testing::ContainsRegex("^\\{\n  \"management\": \\{\n    \"key\": \"[-_A-Za-z0-9]{32}\",\n"
                                       "    \"expiration time\": \"2025-03-14T10:26:53.000Z\"\n  \\},\n"));
  const auto keys = TorchServeKeys::parse(json);
  ASSERT_TRUE(keys) << keys.error();
  const std::size_t at = json.find("\"key\": \"", json.find("\"inference\"")) + 8;
  const std::string key = json.substr(at, 32);
  EXPECT_TRUE(keys->allows(Use::kInference, key, kThen + 59min));
  EXPECT_FALSE(keys->allows(Use::kInference, key, kThen + 60min));
  EXPECT_NE(json, TorchServeKeys::generate(kThen, 1h).to_json());
}

TEST(TorchServeKeys, FreshOnesBeginWithALetter) {
  for (int i = 0; i < 200; ++i)
    EXPECT_THAT(TorchServeKeys::generate(kThen, 1h).to_json(),
                ::testing::Not(::testing::ContainsRegex("\"key\": \"[^A-Za-z]")));
}

class KeysFile {
 public:
  explicit KeysFile(const std::string& text = {}) {
    if (!text.empty()) std::ofstream{path_} << text;
  }
  ~KeysFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("key_file-" + std::to_string(getpid()) + ".json")).string();
};

TEST(TorchServeKeysFile, IsMadeOnceForItsOwnerAlone) {
  const KeysFile file;
  EXPECT_EQ(make_keys_file(file.path(), 1h), true);
  struct stat state{};
  ASSERT_EQ(stat(file.path().c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777U, 0600U);
  EXPECT_EQ(make_keys_file(file.path(), 1h), false);
  EXPECT_TRUE(TorchServeAuth::make({.keys_file = file.path()}));
  EXPECT_FALSE(make_keys_file("/no/such/folder/key_file.json", 1h));
}

TEST(TorchServeAuth, WhatHasNoKeyIsDeniedInTorchServesWords) {
  const KeysFile file{keys_until("2999-01-01T00:00:00Z")};
  auto auth = TorchServeAuth::make({.keys_file = file.path()});
  ASSERT_TRUE(auth) << auth.error();
  const EchoServer server{ServerOptions{.interceptors = {*auth}}};
  const EchoClient client = server.client();
  for (const char* value : {"", "infer", "Bearer", "Bearer manage", "bearer infer", "Bearer infer er"}) {
    Metadata sent;
    if (*value != '\0') {
      EXPECT_TRUE(sent.add("authorization", value));
    }
    const auto answer = client.Unary(text("hello"), {.timeout = 30s, .metadata = &sent}).wait();
    ASSERT_FALSE(answer) << value;
    EXPECT_EQ(answer.error().code(), StatusCode::kPermissionDenied) << value;
    EXPECT_EQ(answer.error().message(),
              "Token Authorization failed. Token either incorrect, expired, or not provided correctly");
  }
  for (const char* value : {"Bearer infer", "Bearer  infer"}) {
    Metadata sent;
    ASSERT_TRUE(sent.add("authorization", value));
    EXPECT_TRUE(client.Unary(text("hello"), {.timeout = 30s, .metadata = &sent}).wait()) << value;
  }
}

TEST(TorchServeAuth, OneServiceAloneMayNeedIt) {
  const KeysFile file{keys_until("2999-01-01T00:00:00Z")};
  auto auth =
      TorchServeAuth::make({.keys_file = file.path(), .use = Use::kManagement, .service = "another.Service"});
  ASSERT_TRUE(auth) << auth.error();
  const EchoServer server{ServerOptions{.interceptors = {*auth}}};
  EXPECT_TRUE(server.client().Unary(text("hello"), {.timeout = 30s}).wait());
}

TEST(TorchServeAuth, AFileThatIsNotThereIsSaid) {
  const auto auth = TorchServeAuth::make({.keys_file = "/no/such/key_file.json"});
  ASSERT_FALSE(auth);
  EXPECT_THAT(auth.error(), ::testing::HasSubstr("/no/such/key_file.json"));
}

}  // namespace
}  // namespace parlance::interceptors
