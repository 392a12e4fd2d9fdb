#include "grpc/error_details.h"

#include <gtest/gtest.h>

#include <chrono>

namespace parlance::grpc {
namespace {

using namespace std::chrono_literals;

template <typename T>
void expect_comes_back(const T& info) {
  const StatusDetail detail = to_detail(info);
  EXPECT_EQ(detail.type_url, std::string{"type.googleapis.com/"}.append(T::kType));
  EXPECT_EQ(from_detail<T>(detail), info);
  // Never mistaken for another type.
  const Status status{StatusCode::kInternal, "", {{"type.googleapis.com/other.Type", "\xff"}, detail}};
  EXPECT_EQ(find_detail<T>(status), info);
}

TEST(ErrorDetails, EachTypeComesBackAsItWas) {
  expect_comes_back(ErrorInfo{"REASON", "parlance", {{"limit", "4"}, {"", "no key"}, {"no value", ""}}});
  expect_comes_back(RetryInfo{1500ms});
  expect_comes_back(BadRequest{{{"features", "must not be empty"}, {"feature_shape", "must match"}}});
  expect_comes_back(QuotaFailure{{{"client:7", "100 calls a second"}}});
  expect_comes_back(DebugInfo{{"frame 1", "", "frame 3"}, "detail"});
  expect_comes_back(Help{{{"how to raise it", "https://example.org/limits"}}});
  expect_comes_back(ResourceInfo{"model", "digits", "owner", "not loaded"});
  expect_comes_back(RequestInfo{"id-1", "data"});
  expect_comes_back(PreconditionFailure{{{"STATE", "model/digits", "is draining"}}});
}

TEST(ErrorDetails, EmptyOnesComeBackEmpty) {
  expect_comes_back(ErrorInfo{});
  expect_comes_back(RetryInfo{});
  expect_comes_back(BadRequest{});
  expect_comes_back(BadRequest{{{}, {}}});
  expect_comes_back(DebugInfo{});
  expect_comes_back(ResourceInfo{});
}

// The bytes other implementations make of the same messages.
TEST(ErrorDetails, AreTheBytesOfProtobuf) {
  EXPECT_EQ(to_detail(ErrorInfo{"R", "d", {{"k", "v"}}}).value,
            "\x0a\x01R\x12\x01"
            "d\x1a\x06\x0a\x01k\x12\x01v");
  EXPECT_EQ(to_detail(RetryInfo{1s + 5ns}).value, "\x0a\x04\x08\x01\x10\x05");
  EXPECT_EQ(to_detail(BadRequest{{{"f", "d"}}}).value,
            "\x0a\x06\x0a\x01"
            "f\x12\x01"
            "d");
}

TEST(RetryInfo, TakesNegativeAndHugeDelays) {
  expect_comes_back(RetryInfo{-1500ms});
  expect_comes_back(RetryInfo{Duration::max()});
  expect_comes_back(RetryInfo{Duration::min()});
  // seconds = 2^62
  const StatusDetail huge{"google.rpc.RetryInfo", "\x0a\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40"};
  EXPECT_EQ(from_detail<RetryInfo>(huge), RetryInfo{Duration::max()});
}

TEST(ErrorDetails, MalformedAndForeignOnesAreNothing) {
  EXPECT_EQ(from_detail<ErrorInfo>({"type.googleapis.com/google.rpc.ErrorInfo", "\x0a\x7f"}), std::nullopt);
  EXPECT_EQ(from_detail<ErrorInfo>(to_detail(RetryInfo{1s})), std::nullopt);
  EXPECT_EQ(find_detail<ErrorInfo>(Status{}), std::nullopt);
}

TEST(ErrorDetails, OnlyTheTypeBehindTheLastSlashCounts) {
  StatusDetail detail = to_detail(RequestInfo{"id", ""});
  detail.type_url = "https://example.org/types/google.rpc.RequestInfo";
  EXPECT_EQ(from_detail<RequestInfo>(detail), (RequestInfo{"id", ""}));
}

TEST(MakeError, CarriesReasonDomainAndMetadata) {
  const Status error = make_error(StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE", "too large",
                                  {{"limit", "4"}, {"observed", "5"}});
  EXPECT_EQ(error.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(error.message(), "too large");
  EXPECT_EQ(error_info(error),
            (ErrorInfo{"MESSAGE_TOO_LARGE", "parlance", {{"limit", "4"}, {"observed", "5"}}}));
  EXPECT_EQ(error_info(error)->get("observed"), "5");
  EXPECT_EQ(error_info(error)->get("knob"), std::nullopt);
}

TEST(WithoutExplanation, KeepsWhatOthersSay) {
  const StatusDetail foreign = to_detail(ErrorInfo{.reason = "SOLD_OUT", .domain = "shop", .metadata = {}});
  const Status status =
      make_error(StatusCode::kInternal, "BROKEN", "it broke", {{"limit", "1"}}).with_detail(foreign);
  EXPECT_EQ(without_explanation(status), Status(StatusCode::kInternal, "it broke", {foreign}));
  EXPECT_EQ(without_explanation(Status{}), Status{});
}

TEST(MakeErrorDeathTest, RefusesOk) {
  EXPECT_DEATH((void)make_error(StatusCode::kOk, "R", "m"), "OK is no error");
}

}  // namespace
}  // namespace parlance::grpc
