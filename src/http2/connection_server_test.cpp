// What a server does with the frames of a client: scripts of RFC 9113, each cut in every way.

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

const std::string kGetLine = " :method=GET :scheme=http :path=/ :authority=localhost";
const std::string kPostLine = " :method=POST :scheme=http :path=/s/m :authority=localhost";

Texts with(Texts texts, std::string_view name, std::string_view value) {
  texts.emplace_back(name, value);
  return texts;
}

void expect_server(const std::string& after_preface, Lines events, Lines sent,
                   const std::function<void(Engine&)>& prepare = {}, const Limits& limits = {}) {
  events.insert(events.begin(), "settings");
  sent.insert(sent.begin(), "SETTINGS ack");
  expect_script(Role::kServer, limits, Wire::preface() + after_preface, events, sent, prepare);
}

// For one whole connection's death: the events before it and the code.
void expect_goaway(const std::string& after_preface, ErrorCode code, Lines events = {}, StreamId last = 0,
                   const Limits& limits = {}) {
  expect_server(after_preface, std::move(events),
                {"GOAWAY " + std::to_string(last) + " " + std::string(to_string(code))}, {}, limits);
}

void answer_at_once(Engine& engine) {
  engine.on_request_do = [&engine](StreamId stream, bool) { engine.send_headers(stream, kOk, true); };
}

// --- RFC 9113 section 3.4: the beginning

TEST(Server, BeginsWithItsSettingsAndItsConnectionWindow) {
  Engine server{Role::kServer};
  EXPECT_EQ(server.sent(), (Lines{"SETTINGS 3=1000 4=65536 6=16384", "WINDOW_UPDATE 0 +983041"}));
}

TEST(Server, APrefaceThatIsNoneEndsTheConnection) {
  expect_script(Role::kServer, {}, "GET / HTTP/1.1\r\n\r\n", {}, {"GOAWAY 0 PROTOCOL_ERROR"});
}

TEST(Server, TheFirstFrameMustBeSettings) {
  expect_script(Role::kServer, {}, std::string(kPreface) + Wire::ping(), {}, {"GOAWAY 0 PROTOCOL_ERROR"});
  expect_script(Role::kServer, {}, std::string(kPreface) + Wire::settings_ack(), {},
                {"GOAWAY 0 PROTOCOL_ERROR"});
}

// --- requests

TEST(Server, ARequestIsReportedAndAnswered) {
  Wire wire;
  expect_server(wire.headers(1, kGet, kEnd), {"request 1" + kGetLine + " end", "closed 1"},
                {"HEADERS 1 :status=200 END"}, answer_at_once);
}

TEST(Server, ARequestWithBodyAndTrailersIsReportedInOrder) {
  Wire wire;
  expect_server(wire.headers(1, kPost) + Wire::data(1, "hello ") + Wire::data(1, "world") +
                    wire.headers(1, {{"x-checksum", "1"}}, kEnd),
                {"request 1" + kPostLine, "data 1 hello world", "headers 1 x-checksum=1 end"}, {});
}

// RFC 9113 section 8.1: the server may answer before the request is over; it then stops the request.
TEST(Server, AnAnswerBeforeTheRequestsEndIsFollowedByResetNoError) {
  Wire wire;
  expect_server(wire.headers(1, kPost) + Wire::data(1, "late") + Wire::ping(),
                {"request 1" + kPostLine, "closed 1 by us NO_ERROR", "ping"},
                {"HEADERS 1 :status=200 END", "RST_STREAM 1 NO_ERROR", "PING ack 12345678"}, answer_at_once);
}

TEST(Server, ARefusedRequestIsResetAndTheConnectionGoesOn) {
  Wire wire;
  expect_server(wire.headers(1, kPost) + Wire::data(1, "x") + Wire::ping(), {"request 1" + kPostLine, "ping"},
                {"RST_STREAM 1 REFUSED_STREAM", "PING ack 12345678"},
                [](Engine& engine) { engine.refuse_requests = true; });
}

TEST(Server, AHeaderBlockInManyFramesIsOneSection) {
  Wire wire;
  const std::string block = wire.block(kGet);
  const std::string bytes = Wire::frame(FrameType::kHeaders, kEnd, 1, block.substr(0, 3)) +
                            Wire::frame(FrameType::kContinuation, 0, 1, block.substr(3, 5)) +
                            Wire::frame(FrameType::kContinuation, flags::kEndHeaders, 1, block.substr(8));
  expect_server(bytes, {"request 1" + kGetLine + " end"}, {});
}

// RFC 9113 section 6.2.
TEST(Server, PaddingAndPriorityOfHeadersAreTakenOff) {
  Wire wire;
  const std::string payload =
      "\x04" + Wire::u32(0x8000'0003) + "\x10" + wire.block(kGet) + std::string(4, '\0');
  expect_server(Wire::frame(FrameType::kHeaders,
                            kEnd | flags::kEndHeaders | flags::kPadded | flags::kPriority, 1, payload),
                {"request 1" + kGetLine + " end"}, {});
}

TEST(Server, PaddingThatExceedsHeadersEndsTheConnection) {
  expect_goaway(Wire::frame(FrameType::kHeaders, flags::kEndHeaders | flags::kPadded, 1,
                            "\x05"
                            "abc"),
                ErrorCode::kProtocolError);
  expect_goaway(Wire::frame(FrameType::kHeaders, flags::kEndHeaders | flags::kPadded, 1, ""),
                ErrorCode::kFrameSizeError);
  expect_goaway(Wire::frame(FrameType::kHeaders, flags::kEndHeaders | flags::kPriority, 1, "abcd"),
                ErrorCode::kFrameSizeError);
}

// --- RFC 9113 section 8.1.1: malformed requests cost their stream

TEST(Server, AMalformedRequestIsResetAndTheNextOneIsServed) {
  Wire wire;
  expect_server(wire.headers(1, with(kGet, "Upper", "x"), kEnd) + wire.headers(3, kGet, kEnd),
                {"request 3" + kGetLine + " end"}, {"RST_STREAM 1 PROTOCOL_ERROR"});
}

TEST(Server, TrailersMustEndTheStreamAndHaveNoPseudoHeaders) {
  Wire first;
  expect_server(first.headers(1, kPost) + first.headers(1, kTrailers),
                {"request 1" + kPostLine, "closed 1 by us PROTOCOL_ERROR"}, {"RST_STREAM 1 PROTOCOL_ERROR"});
  Wire second;
  expect_server(second.headers(1, kPost) + second.headers(1, kOk, kEnd),
                {"request 1" + kPostLine, "closed 1 by us PROTOCOL_ERROR"}, {"RST_STREAM 1 PROTOCOL_ERROR"});
}

TEST(Server, TheBodyMustBeAsLongAsContentLengthSays) {
  const Texts post = with(kPost, "content-length", "5");
  const std::string line = "request 1" + kPostLine + " content-length=5";
  const Lines reset{"RST_STREAM 1 PROTOCOL_ERROR"};
  const std::string closed = "closed 1 by us PROTOCOL_ERROR";
  expect_server(Wire().headers(1, post) + Wire::data(1, "12345", kEnd), {line, "data 1 12345 end"}, {});
  expect_server(Wire().headers(1, post) + Wire::data(1, "", kEnd), {line, closed}, reset);
  expect_server(Wire().headers(1, post) + Wire::data(1, "12345") + Wire::data(1, "6"),
                {line, "data 1 12345", closed}, reset);
}

TEST(Server, ContentLengthWithoutABodyIsMalformed) {
  expect_server(Wire().headers(1, with(kPost, "content-length", "5"), kEnd), {},
                {"RST_STREAM 1 PROTOCOL_ERROR"});
  Wire wire;
  expect_server(wire.headers(1, with(kPost, "content-length", "5")) + wire.headers(1, kTrailers, kEnd),
                {"request 1" + kPostLine + " content-length=5", "closed 1 by us PROTOCOL_ERROR"},
                {"RST_STREAM 1 PROTOCOL_ERROR"});
}

// --- RFC 9113 section 4.3: header blocks and HPACK

TEST(Server, NothingMayInterruptAHeaderBlock) {
  const std::string open = Wire::frame(FrameType::kHeaders, kEnd, 1, Wire().block(kGet));
  for (const std::string& intruder :
       {Wire::ping(), Wire::data(1, "x"), Wire::frame(static_cast<FrameType>(0x42), 0, 0, "?"),
        Wire::frame(FrameType::kContinuation, flags::kEndHeaders, 3, ""), Wire::window_update(0, 1),
        Wire::frame(FrameType::kHeaders, flags::kEndHeaders, 3, "")}) {
    expect_goaway(open + intruder, ErrorCode::kProtocolError);
  }
}

TEST(Server, AContinuationOfNothingEndsTheConnection) {
  expect_goaway(Wire::frame(FrameType::kContinuation, flags::kEndHeaders, 1, ""), ErrorCode::kProtocolError);
}

TEST(Server, ABlockThatCannotBeDecodedEndsTheConnection) {
  expect_goaway(Wire::frame(FrameType::kHeaders, kEnd | flags::kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"),
                ErrorCode::kCompressionError);
}

TEST(Server, ABlockOfARefusedStreamStillKeepsTheTableRight) {
  Limits limits;
  limits.max_concurrent_streams = 1;
  Wire wire{4096};
  const Texts get = with(kGet, "x-new", "first seen on the refused stream");
  std::string bytes = wire.headers(1, kPost);
  bytes += wire.headers(3, get, kEnd);
  bytes += Wire::rst_stream(1, ErrorCode::kCancel);
  bytes += wire.headers(5, get, kEnd);
  expect_server(bytes,
                {"request 1" + kPostLine, "closed 1 by peer CANCEL",
                 "request 5" + kGetLine + " x-new=first seen on the refused stream end"},
                {"RST_STREAM 3 REFUSED_STREAM"}, {}, limits);
}

// RFC 9113 section 10.5.1, RFC 6585 section 5.
TEST(Server, ATooLargeHeaderSectionIsAnsweredWith431AndTheConnectionGoesOn) {
  Limits limits;
  limits.max_header_list_bytes = 500;
  Wire wire;
  const std::string large(400, 'v');
  const std::string refused = " :status=431";
  const std::string bytes = wire.headers(1, with(kGet, "x-large", large), kEnd) +
                            wire.headers(3, with(kPost, "x-large", large)) + Wire::data(3, "ignored") +
                            wire.headers(5, kGet, kEnd);
  expect_server(bytes, {"request 5" + kGetLine + " end"},
                {"HEADERS 1" + refused + " END", "HEADERS 3" + refused + " END", "RST_STREAM 3 NO_ERROR"}, {},
                limits);
}

// --- RFC 9113 section 5.1: stream states

TEST(Server, FramesOnIdleStreamsEndTheConnection) {
  expect_goaway(Wire::data(1, "x"), ErrorCode::kProtocolError);
  expect_goaway(Wire::rst_stream(1, ErrorCode::kCancel), ErrorCode::kProtocolError);
  expect_goaway(Wire::window_update(1, 1), ErrorCode::kProtocolError);
}

TEST(Server, ClientsOpenOddStreamsOnly) {
  expect_goaway(Wire().headers(2, kGet, kEnd), ErrorCode::kProtocolError);
}

TEST(Server, AfterEndStreamDataAndHeadersAreStreamErrors) {
  const std::string request = "request 1" + kGetLine + " end";
  const Lines events{request, "closed 1 by us STREAM_CLOSED"};
  expect_server(Wire().headers(1, kGet, kEnd) + Wire::data(1, "x"), events, {"RST_STREAM 1 STREAM_CLOSED"});
  Wire wire;
  expect_server(wire.headers(1, kGet, kEnd) + wire.headers(1, kTrailers, kEnd), events,
                {"RST_STREAM 1 STREAM_CLOSED"});
}

TEST(Server, FramesOnAStreamThatEndedProperlyEndTheConnection) {
  for (const bool data : {true, false}) {
    Wire wire;
    const std::string bytes = wire.headers(1, kGet, kEnd);
    expect_server(bytes + (data ? Wire::data(1, "x") : wire.headers(1, kTrailers, kEnd)),
                  {"request 1" + kGetLine + " end", "closed 1"},
                  {"HEADERS 1 :status=200 END", "GOAWAY 1 STREAM_CLOSED"}, answer_at_once);
  }
}

TEST(Server, FramesAfterThePeersOwnResetAreStreamErrors) {
  expect_server(Wire().headers(1, kPost) + Wire::rst_stream(1, ErrorCode::kCancel) + Wire::data(1, "x"),
                {"request 1" + kPostLine, "closed 1 by peer CANCEL"}, {"RST_STREAM 1 STREAM_CLOSED"});
}

TEST(Server, FramesThatWereOnTheirWayWhenWeResetAreIgnored) {
  Wire wire;
  const auto reset_on_data = [](Engine& engine) {
    engine.on_request_do = [&engine](StreamId stream, bool) {
      if (stream == 3) engine->reset(1, ErrorCode::kCancel);
    };
  };
  expect_server(wire.headers(1, kPost) + wire.headers(3, kPost) + Wire::data(1, "late") +
                    Wire::window_update(1, 5) + Wire::rst_stream(1, ErrorCode::kCancel) +
                    wire.headers(1, kTrailers, kEnd) + Wire::ping(),
                {"request 1" + kPostLine, "request 3" + kPostLine, "closed 1 by us CANCEL", "ping"},
                {"RST_STREAM 1 CANCEL", "PING ack 12345678"}, reset_on_data);
}

// RFC 9113 section 5.1.1.
TEST(Server, StreamIdsMustGrow) {
  Wire wire;
  const std::string bytes = wire.headers(5, kGet, kEnd) + wire.headers(3, kGet, kEnd);
  expect_server(bytes, {"request 5" + kGetLine + " end", "closed 5 by transport STREAM_CLOSED"},
                {"GOAWAY 5 STREAM_CLOSED"});
}

// RFC 9113 section 5.1.2.
TEST(Server, StreamsAboveTheLimitAreRefused) {
  Limits limits;
  limits.max_concurrent_streams = 2;
  Wire wire;
  expect_server(wire.headers(1, kGet, kEnd) + wire.headers(3, kGet, kEnd) + wire.headers(5, kGet, kEnd),
                {"request 1" + kGetLine + " end", "request 3" + kGetLine + " end"},
                {"RST_STREAM 5 REFUSED_STREAM"}, {}, limits);
}

// --- RFC 9113 section 6: control frames

TEST(Server, PriorityIsCheckedForFormAndIgnored) {
  expect_server(
      Wire::priority(1, 3) + Wire::priority(7, 0) + Wire().headers(1, kGet, kEnd) + Wire::priority(1, 3),
      {"request 1" + kGetLine + " end"}, {});
  expect_goaway(Wire::priority(3, 3), ErrorCode::kProtocolError);
  expect_goaway(Wire::frame(FrameType::kPriority, 0, 3, "abcd"), ErrorCode::kFrameSizeError);
  const Lines events{"request 1" + kPostLine};
  for (const auto& [frame, code] :
       {std::pair(Wire::priority(1, 1), "PROTOCOL_ERROR"),
        std::pair(Wire::frame(FrameType::kPriority, 0, 1, "abcdef"), "FRAME_SIZE_ERROR")}) {
    expect_server(Wire().headers(1, kPost) + frame,
                  {"request 1" + kPostLine, "closed 1 by us " + std::string(code)},
                  {"RST_STREAM 1 " + std::string(code)});
  }
}

TEST(Server, HeadersThatDependOnTheirOwnStreamAreRefused) {
  Wire wire;
  const std::string payload = Wire::u32(1) + "\x10" + wire.block(kGet);
  expect_server(Wire::frame(FrameType::kHeaders, kEnd | flags::kEndHeaders | flags::kPriority, 1, payload) +
                    wire.headers(3, kGet, kEnd),
                {"request 3" + kGetLine + " end"}, {"RST_STREAM 1 PROTOCOL_ERROR"});
}

TEST(Server, PingsAreAnsweredAndAcknowledgementsReported) {
  expect_server(Wire::ping("abcdefgh") + Wire::ping(std::string_view("\0\0\0\0\0\0\0\x07", 8), flags::kAck),
                {"ping", "ping ack 7"}, {"PING ack abcdefgh"});
}

TEST(Server, EachSettingsFrameIsAcknowledged) {
  expect_server(Wire::settings({{SettingId::kMaxFrameSize, 32768}}) + Wire::settings(),
                {"settings", "settings"}, {"SETTINGS ack", "SETTINGS ack"});
  expect_goaway(Wire::settings({{SettingId::kEnablePush, 2}}), ErrorCode::kProtocolError);
  expect_goaway(Wire::settings({{SettingId::kInitialWindowSize, 0x8000'0000}}), ErrorCode::kFlowControlError);
}

TEST(Server, AnAcknowledgementTooManyEndsTheConnection) {
  expect_server(Wire::settings_ack(), {}, {});
  expect_goaway(Wire::settings_ack() + Wire::settings_ack(), ErrorCode::kProtocolError);
}

TEST(Server, PushPromiseIsRefused) {
  expect_goaway(Wire::frame(FrameType::kPushPromise, flags::kEndHeaders, 1, Wire::u32(2)),
                ErrorCode::kProtocolError);
}

TEST(Server, UnknownFramesAreIgnored) {
  expect_server(Wire::frame(static_cast<FrameType>(0x20), 0xff, 0, "whatever") + Wire::ping(), {"ping"},
                {"PING ack 12345678"});
}

TEST(Server, AResetStreamIsReportedWithItsCode) {
  expect_server(Wire().headers(1, kPost) + Wire::rst_stream(1, ErrorCode::kRefusedStream),
                {"request 1" + kPostLine, "closed 1 by peer REFUSED_STREAM unprocessed"}, {});
  expect_server(Wire().headers(1, kPost) + Wire::rst_stream(1, static_cast<ErrorCode>(0xff)),
                {"request 1" + kPostLine, "closed 1 by peer UNKNOWN"}, {});
}

// --- what the application may do from its callbacks

TEST(Server, AnObserverMayResetItsOwnStreamFromOnData) {
  Wire wire;
  expect_server(wire.headers(1, kPost) + Wire::data(1, "x") + Wire::data(1, "more", kEnd) + Wire::ping(),
                {"request 1" + kPostLine, "data 1 x", "closed 1 by us CANCEL", "ping"},
                {"RST_STREAM 1 CANCEL", "PING ack 12345678"}, [](Engine& engine) {
                  engine.on_data_do = [&engine](StreamId stream, std::string_view, bool) {
                    engine->reset(stream, ErrorCode::kCancel);
                  };
                });
}

TEST(Server, AnObserverMayResetOtherStreamsFromOnClosed) {
  Wire wire;
  expect_server(wire.headers(1, kPost) + wire.headers(3, kPost) + wire.headers(5, kPost) +
                    Wire::rst_stream(3, ErrorCode::kCancel),
                {"request 1" + kPostLine, "request 3" + kPostLine, "request 5" + kPostLine,
                 "closed 3 by peer CANCEL", "closed 1 by us CANCEL", "closed 5 by us CANCEL"},
                {"RST_STREAM 1 CANCEL", "RST_STREAM 5 CANCEL"}, [](Engine& engine) {
                  engine.on_closed_do = [&engine](StreamId) {
                    engine->reset(1, ErrorCode::kCancel);
                    engine->reset(5, ErrorCode::kCancel);
                  };
                });
}

TEST(Server, AResetFromWithinOnRequestIsReportedOnceTheObserverIsKnown) {
  expect_server(Wire().headers(1, kPost), {"request 1" + kPostLine, "closed 1 by us INTERNAL_ERROR"},
                {"RST_STREAM 1 INTERNAL_ERROR"}, [](Engine& engine) {
                  engine.on_request_do = [&engine](StreamId stream, bool) {
                    engine->reset(stream, ErrorCode::kInternalError, std::string("a reason that dies"));
                  };
                });
}

TEST(Server, SubmittingOnAStreamThatIsGoneIsIgnored) {
  Engine server{Role::kServer};
  server.receive(Wire::preface() + Wire().headers(1, kPost) + Wire::rst_stream(1, ErrorCode::kCancel));
  server.sent();
  EXPECT_FALSE(server.send_headers(1, kOk, false));
  EXPECT_FALSE(server.send_data(1, "x", true));
  EXPECT_EQ(server->queued_bytes(1), 0U);
  server->consume(1, 5);
  server->reset(1, ErrorCode::kCancel);
  EXPECT_EQ(server.sent(), Lines{});
}

}  // namespace
}  // namespace parlance::http2::test
