#include "services/binary_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/concat.h"
#include "grpc/binlog/v1/binarylog.pb.h"
#include "grpc/error_details.h"
#include "grpc/health/v1/health.parlance.h"
#include "grpc/status_wire.h"
#include "rpc/server.h"
#include "services/health_service.h"

namespace parlance::services {
namespace {

namespace binlog = ::grpc::binarylog::v1;
namespace health = ::grpc::health::v1;
using binlog::GrpcLogEntry;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kCheck = "/grpc.health.v1.Health/Check";

// The entries of a file as grpc-go's readers read them.
std::vector<GrpcLogEntry> entries_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  std::vector<GrpcLogEntry> entries;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes.at(at++));
    EXPECT_LE(at + length, bytes.size());
    EXPECT_TRUE(entries.emplace_back().ParseFromString(bytes.substr(at, length)));
    at += length;
  }
  return entries;
}

std::string text_of(const binlog::Metadata& metadata) {
  std::string text;
  for (const auto& entry : metadata.entry()) text += concat(" ", entry.key(), "=", entry.value());
  return text;
}

// What an entry says, but for the time, the call's id and the ports.
std::string text_of(const GrpcLogEntry& entry) {
  std::string text =
      GrpcLogEntry::EventType_Name(entry.type()).substr(std::string_view{"EVENT_TYPE_"}.size());
  if (entry.has_client_header()) {
    text += concat(" ", entry.client_header().method_name(), text_of(entry.client_header().metadata()));
  }
  if (entry.has_server_header()) text += text_of(entry.server_header().metadata());
  if (entry.has_message()) {
    text += concat(" ", std::to_string(entry.message().length()), ":", entry.message().data());
  }
  if (entry.has_trailer()) {
    text += concat(" ", std::to_string(entry.trailer().status_code()), " ", entry.trailer().status_message(),
                   text_of(entry.trailer().metadata()));
  }
  if (entry.has_peer()) text += concat(" from ", entry.peer().address());
  if (entry.payload_truncated()) text += " (cut)";
  return text;
}

std::vector<std::string> texts_of(const std::vector<GrpcLogEntry>& entries) {
  std::vector<std::string> texts;
  for (const GrpcLogEntry& entry : entries) texts.push_back(text_of(entry));
  return texts;
}

health::HealthCheckRequest request_for(const std::string& service) {
  health::HealthCheckRequest request;
  request.set_service(service);
  return request;
}

// A health service whose calls are logged on both sides, each in its file.
class BinaryLog : public ::testing::Test {
 protected:
  void start(std::string_view filter, std::vector<std::string> secrets = {}) {
    const BinaryLogOptions options{BinaryLogFilter::parse(filter).value(), std::move(secrets)};
    server_.emplace(ServerOptions{.listen = {"127.0.0.1:0"},
                                  .threads = 1,
                                  .interceptors = {make_server_binary_log(server_file_, options)}});
    server_->add(make_health_service(registry_));
    ASSERT_TRUE(server_->start());
    const std::string target = concat("127.0.0.1:", std::to_string(server_->ports().front()));
    client_.emplace(Channel::open(
        target, {.enable_retries = false, .interceptors = {make_client_binary_log(client_file_, options)}}));
  }
  // What the calls so far left in the files; ends the server.
  std::vector<GrpcLogEntry> server_entries() {
    server_.reset();
    server_file_->flush();
    return entries_of(path("server"));
  }
  std::vector<GrpcLogEntry> client_entries() {
    client_file_->flush();
    return entries_of(path("client"));
  }
  Status check(const std::string& service, const CallOptions& options = {}) {
    const auto answer = client_->Check(request_for(service), options).wait();
    return answer ? Status{} : answer.error();
  }

  std::string path(std::string_view side) const {
    const std::string test = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    return (folder_ / concat(test, ".", side)).string();
  }
  std::shared_ptr<BinaryLogFile> open(std::string_view side) const {
    std::filesystem::remove(path(side));
    return BinaryLogFile::open(path(side)).value();
  }

  const std::filesystem::path folder_{::testing::TempDir()};
  std::shared_ptr<BinaryLogFile> server_file_ = open("server");
  std::shared_ptr<BinaryLogFile> client_file_ = open("client");
  std::shared_ptr<HealthRegistry> registry_ = std::make_shared<HealthRegistry>();
  std::optional<Server> server_;
  std::optional<health::Health::Client> client_;
};

TEST_F(BinaryLog, HasEveryEventOfACallInItsOrder) {
  start("*");
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-color", "blue"));
  ASSERT_TRUE(check("", {.timeout = std::chrono::minutes{1}, .metadata = &metadata}).ok());

  const auto ours = client_entries();
  EXPECT_THAT(texts_of(ours), ElementsAre(concat("CLIENT_HEADER ", kCheck, " x-color=blue"),
                                          "CLIENT_MESSAGE 0:", "SERVER_HEADER from 127.0.0.1",
                                          "SERVER_MESSAGE 2:\b\x1", "SERVER_TRAILER 0 "));
  const auto theirs = server_entries();
  ASSERT_THAT(theirs, SizeIs(5));
  const std::string first = text_of(theirs[0]);
  EXPECT_THAT(first, HasSubstr(concat("CLIENT_HEADER ", kCheck)));
  EXPECT_THAT(first, HasSubstr(" x-color=blue"));
  EXPECT_THAT(first, HasSubstr(" from 127.0.0.1"));
  EXPECT_EQ(theirs[0].client_header().authority(),
            ours[2].peer().address() + ":" + std::to_string(ours[2].peer().ip_port()));
  EXPECT_GT(theirs[0].client_header().timeout().seconds(), 0);
  EXPECT_LE(theirs[0].client_header().timeout().seconds(), 60);
  const std::vector<GrpcLogEntry> rest(theirs.begin() + 1, theirs.end());
  EXPECT_THAT(texts_of(rest), ElementsAre("CLIENT_MESSAGE 0:", "SERVER_HEADER", "SERVER_MESSAGE 2:\b\x1",
                                          "SERVER_TRAILER 0 "));
  for (const auto* side : {&ours, &theirs}) {
    std::uint64_t sequence = 0;
    for (const GrpcLogEntry& entry : *side) {
      EXPECT_EQ(entry.call_id(), side->front().call_id());
      EXPECT_EQ(entry.sequence_id_within_call(), ++sequence);
      EXPECT_TRUE(entry.has_timestamp());
      EXPECT_EQ(entry.logger(), side == &ours ? GrpcLogEntry::LOGGER_CLIENT : GrpcLogEntry::LOGGER_SERVER);
    }
  }
  EXPECT_NE(ours.front().call_id(), 0);
}

TEST_F(BinaryLog, TellsAFailureWithItsDetails) {
  start("*");
  const Status failure = check("no.Such");
  EXPECT_EQ(failure.code(), StatusCode::kNotFound);
  for (const auto& entries : {client_entries(), server_entries()}) {
    const binlog::Trailer& trailer = entries.back().trailer();
    EXPECT_EQ(trailer.status_code(), 5);
    EXPECT_EQ(trailer.status_message(), failure.message());
    const auto details = grpc::decode_rpc_status(trailer.status_details());
    ASSERT_TRUE(details);
    EXPECT_EQ(grpc::error_info(*details)->reason, "HEALTH_SERVICE_UNKNOWN");
  }
}

TEST_F(BinaryLog, LeavesSecretsOut) {
  start("*", {"x-mine"});
  Metadata metadata;
  for (const char* name : {"authorization", "cookie", "x-api-key", "session-token-bin", "x-mine"}) {
    ASSERT_TRUE(metadata.add(name, "hidden"));
  }
  ASSERT_TRUE(metadata.add("x-color", "blue"));
  ASSERT_TRUE(check("", {.metadata = &metadata}).ok());
  for (const auto& entries : {client_entries(), server_entries()}) {
    EXPECT_THAT(text_of(entries.front()), HasSubstr(" x-color=blue"));
    for (const GrpcLogEntry& entry : entries) {
      EXPECT_EQ(entry.SerializeAsString().find("hidden"), std::string::npos) << text_of(entry);
    }
  }
}

TEST_F(BinaryLog, CutsMetadataAndMessagesAtTheFiltersLimits) {
  start("*{h:12;m:4}");
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-color", "blue"));  // 11 bytes
  ASSERT_TRUE(metadata.add("x-size", "large"));
  registry_->set("abcdef", ServingStatus::kServing);
  ASSERT_TRUE(check("abcdef", {.metadata = &metadata}).ok());
  const auto entries = client_entries();
  ASSERT_THAT(entries, SizeIs(5));
  EXPECT_EQ(text_of(entries[0]), concat("CLIENT_HEADER ", kCheck, " x-color=blue (cut)"));
  EXPECT_EQ(text_of(entries[1]),
            "CLIENT_MESSAGE 8:\n\x6"
            "ab (cut)");
  EXPECT_EQ(text_of(entries[3]), "SERVER_MESSAGE 2:\b\x1");
}

TEST_F(BinaryLog, HasOnlyTheCallsOfItsFilter) {
  start("grpc.health.v1.Health/*,-grpc.health.v1.Health/Check");
  ASSERT_TRUE(check("").ok());
  ASSERT_TRUE(client_->List({}).wait());
  const auto entries = server_entries();
  ASSERT_THAT(entries, SizeIs(5));
  EXPECT_EQ(entries.front().client_header().method_name(), "/grpc.health.v1.Health/List");
  EXPECT_THAT(client_entries(), SizeIs(5));
}

TEST_F(BinaryLog, ACallThatItsCallerLeavesEndsWithCancel) {
  start("*");
  auto watch = client_->Watch({});
  ASSERT_TRUE(watch.read().wait());
  watch.cancel();
  EXPECT_EQ(watch.finish().wait().code(), StatusCode::kCancelled);
  ASSERT_TRUE(check("").ok());  // the server has seen the cancellation when it sees this
  for (const auto& entries : {client_entries(), server_entries()}) {
    std::vector<std::string> of_watch;
    for (const GrpcLogEntry& entry : entries) {
      if (entry.call_id() == entries.front().call_id()) of_watch.push_back(text_of(entry));
    }
    EXPECT_EQ(of_watch.back(), "CANCEL");
  }
}

TEST(BinaryLogFile, DropsAndCountsWhatIsTooMuch) {
  const std::string path = ::testing::TempDir() + "/binary_log_file_test";
  std::filesystem::remove(path);
  GrpcLogEntry small;
  small.set_call_id(7);
  GrpcLogEntry large;
  large.mutable_message()->set_data(std::string(100, 'x'));
  {
    const auto file = BinaryLogFile::open(path, {.max_queued_bytes = 64}).value();
    file->write(large.SerializeAsString());
    EXPECT_EQ(file->dropped(), 1);
    file->write(small.SerializeAsString());
    file->flush();
    EXPECT_THAT(entries_of(path), SizeIs(1));
    file->write(small.SerializeAsString());
    EXPECT_EQ(file->dropped(), 1);
  }
  EXPECT_THAT(entries_of(path), SizeIs(2));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms{0600});
}

TEST(BinaryLogFile, SaysWhyItCannotBeOpened) {
  const auto file = BinaryLogFile::open("/no/such/folder/log");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message(),
            "cannot write the binary log '/no/such/folder/log': No such file or directory");
}

TEST(BinaryLogFile, StopsWhenTheDiskIsFull) {
  const auto file = BinaryLogFile::open("/dev/full").value();
  GrpcLogEntry entry;
  entry.set_call_id(7);
  file->write(entry.SerializeAsString());
  file->flush();
  EXPECT_EQ(file->dropped(), 1);
  file->write(entry.SerializeAsString());
  EXPECT_EQ(file->dropped(), 2);
}

}  // namespace
}  // namespace parlance::services
