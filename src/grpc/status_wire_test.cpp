#include "grpc/status_wire.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "grpc/base64.h"
#include "grpc/error_details.h"
#include "grpc/percent.h"

namespace parlance::grpc {
namespace {

using http2::ErrorCode;
using http2::HeaderField;
using http2::HeaderToken;

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs trailers_of(const Status& status) {
  HeaderList list;
  append_status(status, list);
  Pairs pairs;
  for (const HeaderField& field : list.fields()) pairs.emplace_back(field.name, field.value);
  return pairs;
}

Status read(const Pairs& pairs, int http_status = 200) {
  std::vector<HeaderField> fields;
  for (const auto& [name, value] : pairs) fields.push_back({name, value, http2::header_token(name)});
  return status_from_trailers(fields, http_status);
}

Status sent_and_read(const Status& status) { return read(trailers_of(status)); }

TEST(StatusTrailers, OfOkAreTheCodeAlone) {
  EXPECT_EQ(trailers_of({}), (Pairs{{"grpc-status", "0"}}));
  EXPECT_TRUE(sent_and_read({}).ok());
}

TEST(StatusTrailers, CarryThePercentEncodedMessage) {
  EXPECT_EQ(trailers_of({StatusCode::kInvalidArgument, "50% größer\n"}),
            (Pairs{{"grpc-status", "3"}, {"grpc-message", "50%25 gr%C3%B6%C3%9Fer%0A"}}));
}

TEST(StatusTrailers, CarryTheDetailsWithTheSameCode) {
  const Status status = make_error(StatusCode::kInternal, "R", "m");
  const Pairs pairs = trailers_of(status);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[2].first, "grpc-status-details-bin");
  EXPECT_EQ(decode_rpc_status(base64_decode(pairs[2].second).value()), status);
}

TEST(StatusTrailers, EveryCodeComesBackAsItWas) {
  for (int code = 1; code <= 16; ++code) {
    const Status plain{static_cast<StatusCode>(code), "what happened"};
    EXPECT_EQ(sent_and_read(plain), plain);
    const Status rich =
        make_error(static_cast<StatusCode>(code), "REASON", "what µ happened", {{"limit", "4"}});
    EXPECT_EQ(sent_and_read(rich), rich);
  }
}

TEST(StatusTrailers, CutALongMessageAtACharacter) {
  std::string message = "x";
  while (message.size() < 10'000) message += "ö";
  const Pairs pairs = trailers_of({StatusCode::kInternal, message});
  EXPECT_LE(pairs[1].second.size(), kMaxStatusMessageBytes);
  EXPECT_GE(pairs[1].second.size(), kMaxStatusMessageBytes - 6);
  const std::string read_back{read(pairs).message()};
  EXPECT_TRUE(read_back.ends_with("ö…"));
  EXPECT_TRUE(message.starts_with(read_back.substr(0, read_back.size() - 3)));
}

TEST(StatusTrailers, KeepAMessageOfExactlyTheLimit) {
  const Status status{StatusCode::kInternal, std::string(kMaxStatusMessageBytes, 'm')};
  EXPECT_EQ(sent_and_read(status), status);
}

TEST(StatusTrailers, LeaveOutDetailsThatWouldNotArrive) {
  const Status status = make_error(StatusCode::kInternal, "R", "m", {{"observed", std::string(10'000, 'x')}});
  EXPECT_EQ(sent_and_read(status), (Status{StatusCode::kInternal, "m"}));
}

TEST(StatusFromTrailers, WithoutGrpcStatusIsUnknown) {
  const Status status = read({{"x", "y"}});
  EXPECT_EQ(status.code(), StatusCode::kUnknown);
  EXPECT_EQ(status.message(), "the server ended the call without a grpc-status");
  EXPECT_EQ(error_info(status)->reason, "MISSING_GRPC_STATUS");
}

TEST(StatusFromTrailers, WithoutGrpcStatusFollowsTheHttpStatus) {
  EXPECT_EQ(read({{":status", "503"}}).code(), StatusCode::kUnavailable);
  EXPECT_EQ(read({}, 404).code(), StatusCode::kUnimplemented);
  EXPECT_EQ(read({{":status", "503"}}).message(),
            "the server or a proxy answered HTTP status 503 instead of gRPC");
}

TEST(StatusFromTrailers, GrpcStatusOverrulesTheHttpStatus) {
  EXPECT_EQ(read({{":status", "503"}, {"grpc-status", "5"}}).code(), StatusCode::kNotFound);
  EXPECT_TRUE(read({{"grpc-status", "0"}}, 500).ok());
}

TEST(StatusFromTrailers, AStatusThatIsNoCodeIsUnknownAndShown) {
  for (const std::string text : {"", "-1", "x", "3x", "17", "99999999999", " 3"}) {
    const Status status = read({{"grpc-status", text}, {"grpc-message", "m%25"}});
    EXPECT_EQ(status.code(), StatusCode::kUnknown) << text;
    EXPECT_EQ(status.message(), "grpc-status \"" + text + "\" is no status code: m%");
    EXPECT_EQ(error_info(status)->reason, "INVALID_GRPC_STATUS");
  }
}

TEST(StatusFromTrailers, DetailsOfAnotherCodeAreLeftOut) {
  const std::string details =
      base64_encode(encode_rpc_status(make_error(StatusCode::kAborted, "R", "other")));
  EXPECT_EQ(read({{"grpc-status", "13"}, {"grpc-message", "m"}, {"grpc-status-details-bin", details}}),
            (Status{StatusCode::kInternal, "m"}));
}

TEST(StatusFromTrailers, MalformedDetailsAreLeftOut) {
  for (const std::string& details :
       std::vector<std::string>{"!!!", "A", "", base64_encode("\x0a"), base64_encode("\x1a\x02\x0a\x7f")}) {
    EXPECT_EQ(read({{"grpc-status", "13"}, {"grpc-message", "m"}, {"grpc-status-details-bin", details}}),
              (Status{StatusCode::kInternal, "m"}));
  }
}

TEST(StatusFromTrailers, TakesTheMessageFromTheDetailsWhenThereIsNoOther) {
  const Status rich = make_error(StatusCode::kAborted, "R", "from the details");
  const std::string details = base64_encode(encode_rpc_status(rich));
  EXPECT_EQ(read({{"grpc-status", "10"}, {"grpc-status-details-bin", details}}), rich);
}

TEST(HttpStatus, IsReadFromThePseudoHeader) {
  const auto parsed = [](std::string_view value) {
    return http_status(std::vector<HeaderField>{{":status", value, HeaderToken::kStatus}});
  };
  EXPECT_EQ(parsed("200"), 200);
  for (std::string_view value : {"", "20", "2000", "2x0", "099", "-20"})
    EXPECT_EQ(parsed(value), std::nullopt);
  EXPECT_EQ(http_status({}), std::nullopt);
}

TEST(HttpStatus, MapsToTheCodeOfTheGrpcTable) {
  const std::map<int, StatusCode> table{
      {400, StatusCode::kInternal},         {401, StatusCode::kUnauthenticated},
      {403, StatusCode::kPermissionDenied}, {404, StatusCode::kUnimplemented},
      {429, StatusCode::kUnavailable},      {502, StatusCode::kUnavailable},
      {503, StatusCode::kUnavailable},      {504, StatusCode::kUnavailable},
      {200, StatusCode::kUnknown},          {302, StatusCode::kUnknown},
      {418, StatusCode::kUnknown},          {500, StatusCode::kUnknown}};
  for (const auto& [status, code] : table) {
    EXPECT_EQ(code_from_http_status(status), code) << status;
    EXPECT_EQ(error_info(status_from_http_status(status))->get("observed"), std::to_string(status));
  }
}

TEST(Http2Error, MapsToTheCodeOfTheGrpcTable) {
  for (ErrorCode code :
       {ErrorCode::kNoError, ErrorCode::kProtocolError, ErrorCode::kInternalError,
        ErrorCode::kFlowControlError, ErrorCode::kSettingsTimeout, ErrorCode::kFrameSizeError,
        ErrorCode::kCompressionError, ErrorCode::kConnectError}) {
    EXPECT_EQ(code_from_http2(code), StatusCode::kInternal);
  }
  EXPECT_EQ(code_from_http2(ErrorCode::kRefusedStream), StatusCode::kUnavailable);
  EXPECT_EQ(code_from_http2(ErrorCode::kCancel), StatusCode::kCancelled);
  EXPECT_EQ(code_from_http2(ErrorCode::kEnhanceYourCalm), StatusCode::kResourceExhausted);
  EXPECT_EQ(code_from_http2(ErrorCode::kInadequateSecurity), StatusCode::kPermissionDenied);
  EXPECT_EQ(code_from_http2(ErrorCode::kStreamClosed), StatusCode::kUnknown);
  EXPECT_EQ(code_from_http2(static_cast<ErrorCode>(0x99)), StatusCode::kUnknown);
}

TEST(Http2Error, SaysWhichAndWhy) {
  const Status status = status_from_http2(ErrorCode::kRefusedStream, "too many streams");
  EXPECT_EQ(status.to_string(), "UNAVAILABLE: stream ended with REFUSED_STREAM: too many streams");
  EXPECT_EQ(error_info(status)->reason, "STREAM_REFUSED");
  EXPECT_EQ(error_info(status)->get("http2_code"), "REFUSED_STREAM");
  EXPECT_EQ(status_from_http2(ErrorCode::kCancel).message(), "stream ended with CANCEL");
}

TEST(RpcStatus, ACodeWithoutANameIsUnknown) {
  EXPECT_EQ(decode_rpc_status("\x08\x63\x12\x01m"), (Status{StatusCode::kUnknown, "m"}));
  EXPECT_EQ(decode_rpc_status(""), Status{});
}

}  // namespace
}  // namespace parlance::grpc
