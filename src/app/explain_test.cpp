#include "app/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/pasted_error.h"
#include "grpc/base64.h"
#include "grpc/error_details.h"
#include "grpc/status_wire.h"

namespace parlance::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Status too_large() {
  return grpc::make_error(
      StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE", "too large",
      {{"hop", "server"}, {"limit", "4"}, {"observed", "5"}, {"knob", "max_receive_message_bytes"}});
}

std::string base64_of(const Status& status) { return grpc::base64_encode(grpc::encode_rpc_status(status)); }

TEST(FindError, ReadsBase64AloneOrWithinAText) {
  const std::string base64 = base64_of(too_large());
  EXPECT_EQ(find_error(base64), too_large());
  EXPECT_EQ(find_error(" " + base64 + "==\n"), too_large());
  EXPECT_EQ(find_error(base64.substr(0, 40) + "\n" + base64.substr(40)), too_large());
  EXPECT_EQ(find_error("< grpc-status: 8\n< grpc-status-details-bin: " + base64 + "\n< x: y\n"), too_large());
}

TEST(FindError, ReadsTheStatusAsJson) {
  const auto status = find_error(R"({"code": 8, "message": "too large", "details": [
      {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "MESSAGE_TOO_LARGE", "domain": "parlance",
       "metadata": {"limit": "4"}},
      {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}]})");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(status->message(), "too large");
  EXPECT_EQ(grpc::error_info(*status), (grpc::ErrorInfo{"MESSAGE_TOO_LARGE", "parlance", {{"limit", "4"}}}));
  EXPECT_EQ(grpc::find_detail<grpc::RetryInfo>(*status)->retry_delay, std::chrono::milliseconds{1500});
  EXPECT_EQ(find_error(R"({"code": "NOT_FOUND"})"), Status(StatusCode::kNotFound, ""));
}

TEST(FindError, ReadsAReasonAloneAndInALineOfTheLog) {
  const grpc::ErrorInfo info{"MESSAGE_TOO_LARGE", std::string{grpc::kErrorDomain}, {}};
  for (
      const char* text :
      {" MESSAGE_TOO_LARGE\n",
       "03:36:39.307 info    call  method=/a.B/C  code=RESOURCE_EXHAUSTED  "
       "reason=MESSAGE_TOO_LARGE  duration_ms=0.184",
       "E0728 server: call failed, reason=MESSAGE_TOO_LARGE",
       R"({"level":"info","msg":"call","fields":{"code":"RESOURCE_EXHAUSTED","reason":"MESSAGE_TOO_LARGE"}})"}) {
    const auto status = find_error(text);
    ASSERT_TRUE(status) << text;
    EXPECT_EQ(status->code(), StatusCode::kResourceExhausted) << text;
    EXPECT_EQ(grpc::error_info(*status), info) << text;
  }
  EXPECT_EQ(find_error("NO_SUCH_REASON"), std::nullopt);
  EXPECT_EQ(find_error("reason=NO_SUCH_REASON"), std::nullopt);
}

TEST(FindError, ReadsWhatClientsPrint) {
  const std::pair<std::string, Status> cases[] = {
      {"rpc error: code = Unavailable desc = connection refused",
       {StatusCode::kUnavailable, "connection refused"}},
      {"ERROR:\n  Code: NotFound\n  Message: no such thing\n", {StatusCode::kNotFound, "no such thing"}},
      {"<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.DEADLINE_EXCEEDED\n"
       "\tdetails = \"Deadline Exceeded\"\n\tdebug_error_string = \"UNKNOWN:Error\"\n>",
       {StatusCode::kDeadlineExceeded, "Deadline Exceeded"}},
      {"Error: 5 NOT_FOUND: no such thing", {StatusCode::kNotFound, "no such thing"}},
      {"io.grpc.StatusRuntimeException: INTERNAL: broken", {StatusCode::kInternal, "broken"}},
      {"14", {StatusCode::kUnavailable, ""}},
      {"UNAVAILABLE", {StatusCode::kUnavailable, ""}},
      {"Canceled", {StatusCode::kCancelled, ""}},
  };
  for (const auto& [text, status] : cases) EXPECT_EQ(find_error(text), status) << text;
}

TEST(FindError, ReadsTheDetailsThatGrpcurlPrints) {
  const std::string printed =
      "ERROR:\n  Code: ResourceExhausted\n  Message: too large\n  Details:\n  1)\t{\n"
      "    \t  \"@type\": \"type.googleapis.com/google.rpc.ErrorInfo\",\n"
      "    \t  \"domain\": \"parlance\",\n    \t  \"metadata\": {\"hop\": \"server\"},\n"
      "    \t  \"reason\": \"MESSAGE_TOO_LARGE\"\n    \t}\n";
  const auto status = find_error(printed);
  ASSERT_TRUE(status);
  EXPECT_EQ(grpc::error_info(*status),
            (grpc::ErrorInfo{"MESSAGE_TOO_LARGE", "parlance", {{"hop", "server"}}}));
}

TEST(FindError, ReadsWhatParlanceCallPrints) {
  const auto status = find_error(
      "RESOURCE_EXHAUSTED (8): too large\n  reason     MESSAGE_TOO_LARGE (parlance)\n  limit      4 MiB\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->message(), "too large");
  EXPECT_EQ(grpc::error_info(*status),
            (grpc::ErrorInfo{"MESSAGE_TOO_LARGE", "parlance", {{"limit", "4 MiB"}}}));
}

TEST(FindError, FindsNothingWhereNothingIs) {
  for (const char* text : {"", "  ", "hello", "99", "-1", "{}", "{\"code\": 77}", "see you at NOON"}) {
    EXPECT_FALSE(find_error(text)) << text;
  }
}

TEST(Explanation, SaysWhatWhereHowMuchAndWhatToDo) {
  EXPECT_THAT(explanation(too_large()),
              HasSubstr("\nWhat happened:  A message is larger than the receiver takes.\n"
                        "Where:          on the server\n"
                        "There was:      5 (the limit is 4)\n"
                        "What to do:     Send less, or raise max_receive_message_bytes where hop says "
                        "(--max-receive-message-bytes).\n"
                        "Knob:           max_receive_message_bytes\n"
                        "A retry:        does not help before something is changed\n"
                        "More:           docs/errors.md#MESSAGE_TOO_LARGE\n"));
}

TEST(Explanation, TakesTheTimeToComeBackFromTheStatus) {
  const Status status = grpc::make_error(StatusCode::kResourceExhausted, "RATE_LIMITED", "slow down")
                            .with_detail(grpc::to_detail(grpc::RetryInfo{std::chrono::milliseconds{1500}}));
  EXPECT_THAT(explanation(status), HasSubstr("A retry:        after 1.5 s\n"));
}

TEST(Explanation, WithoutDetailsIsGeneralAndSaysSo) {
  const std::string text = explanation(Status{StatusCode::kUnavailable, "gone"});
  EXPECT_THAT(text, HasSubstr("Details:        none"));
  EXPECT_THAT(text, HasSubstr("In general:     The server cannot be reached"));
  EXPECT_THAT(text, Not(HasSubstr("What happened")));
}

TEST(Explanation, OfAnotherDomainDoesNotClaimToKnow) {
  const Status status = Status{StatusCode::kAborted, ""}.with_detail(grpc::to_detail(
      grpc::ErrorInfo{.reason = "MESSAGE_TOO_LARGE", .domain = "shop.example", .metadata = {}}));
  EXPECT_THAT(explanation(status), HasSubstr("MESSAGE_TOO_LARGE of shop.example is none of Parlance's"));
}

}  // namespace
}  // namespace parlance::app
