#include "base/status.h"

#include <gtest/gtest.h>

namespace parlance {
namespace {

TEST(Status, OkCarriesNothing) {
  const Status ok;
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.code(), StatusCode::kOk);
  EXPECT_EQ(ok.message(), "");
  EXPECT_TRUE(ok.details().empty());
  EXPECT_EQ(ok.to_string(), "OK");
}

TEST(Status, OkDropsMessageAndDetails) {
  const Status ok{StatusCode::kOk, "ignored", {{"type", "value"}}};
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ok.message(), "");
  EXPECT_EQ(ok, Status{});
  EXPECT_EQ(ok.with_detail({"type", "value"}), Status{});
}

TEST(Status, KeepsCodeMessageAndDetails) {
  const Status status{StatusCode::kInvalidArgument, "features field is required", {{"type", "value"}}};
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "features field is required");
  ASSERT_EQ(status.details().size(), 1U);
  EXPECT_EQ(status.details()[0], (StatusDetail{"type", "value"}));
  EXPECT_EQ(status.to_string(), "INVALID_ARGUMENT: features field is required");
}

TEST(Status, WithoutAMessageIsItsName) {
  EXPECT_EQ(Status(StatusCode::kUnavailable, "").to_string(), "UNAVAILABLE");
}

TEST(Status, AddingADetailLeavesTheOriginalAlone) {
  const Status plain{StatusCode::kAborted, "busy"};
  const Status detailed = plain.with_detail({"a", "1"}).with_detail({"b", "2"});
  EXPECT_TRUE(plain.details().empty());
  ASSERT_EQ(detailed.details().size(), 2U);
  EXPECT_EQ(detailed.details()[1].type_url, "b");
  EXPECT_EQ(detailed.message(), "busy");
}

TEST(Status, EqualityIsByValue) {
  const Status status{StatusCode::kNotFound, "model digits"};
  EXPECT_EQ(status, Status(StatusCode::kNotFound, "model digits"));
  EXPECT_NE(status, Status(StatusCode::kNotFound, "model magika"));
  EXPECT_NE(status, Status(StatusCode::kUnknown, "model digits"));
  EXPECT_NE(status, status.with_detail({"a", "1"}));
  EXPECT_NE(status, Status{});
  EXPECT_NE(Status{}, status);
}

TEST(StatusCode, HasTheNamesOfGrpc) {
  EXPECT_EQ(to_string(StatusCode::kOk), "OK");
  EXPECT_EQ(to_string(StatusCode::kCancelled), "CANCELLED");
  EXPECT_EQ(to_string(StatusCode::kResourceExhausted), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(to_string(StatusCode::kUnauthenticated), "UNAUTHENTICATED");
}

TEST(StatusCode, ANumberWithoutANameIsUnknown) {
  EXPECT_EQ(to_string(static_cast<StatusCode>(17)), "UNKNOWN");
  EXPECT_EQ(to_string(static_cast<StatusCode>(255)), "UNKNOWN");
}

TEST(Result, HoldsAValueOrTheReasonThereIsNone) {
  const Result<int> value = 7;
  const Result<int> error = std::unexpected(Status{StatusCode::kNotFound, "no such model"});
  EXPECT_EQ(value.value_or(0), 7);
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace parlance
