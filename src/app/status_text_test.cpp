#include "app/status_text.h"

#include <gtest/gtest.h>

#include "grpc/error_details.h"

namespace parlance::app {
namespace {

TEST(StatusText, HasALineForEachThingItsDetailsSay) {
  const Status status = grpc::make_error(StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE", "too large",
                                         {{"limit", "4194304"}, {"observed", "5000000"}, {"knob", "a knob"}});
  EXPECT_EQ(status_text(status),
            "RESOURCE_EXHAUSTED (8): too large\n"
            "  reason     MESSAGE_TOO_LARGE (parlance)\n"
            "  limit      4194304\n"
            "  observed   5000000\n"
            "  knob       a knob\n");
}

TEST(StatusText, ReadsTheDetailsOfOthersToo) {
  Status status{StatusCode::kUnavailable, "busy"};
  status = status.with_detail(grpc::to_detail(grpc::RetryInfo{std::chrono::milliseconds{1500}}));
  status = status.with_detail(grpc::to_detail(grpc::BadRequest{{{"features", "must not be empty"}}}));
  status = status.with_detail({"type.googleapis.com/some.Other", "12345"});
  EXPECT_EQ(status_text(status),
            "UNAVAILABLE (14): busy\n"
            "  retry      after 1.5 s\n"
            "  field      features: must not be empty\n"
            "  detail     type.googleapis.com/some.Other (5 bytes)\n");
}

TEST(StatusText, OkIsALine) { EXPECT_EQ(status_text({}), "OK (0)\n"); }

TEST(MetadataText, ShowsBytesAsBase64) {
  grpc::Metadata metadata;
  ASSERT_TRUE(metadata.add("x-trace-id", "abc"));
  ASSERT_TRUE(metadata.add("x-key-bin", std::string_view{"\0\1\2", 3}));
  EXPECT_EQ(metadata_text(metadata, "<"), "< x-trace-id: abc\n< x-key-bin: AAEC\n");
}

}  // namespace
}  // namespace parlance::app
