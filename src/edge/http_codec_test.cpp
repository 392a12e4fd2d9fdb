#include "edge/http_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace parlance::edge {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr HttpParser::Limits kLimits{.header_bytes = 1024, .body_bytes = 64};

/// What a connection's bytes came to: its requests, and why there were no more.
struct Outcome {
  std::vector<HttpRequest> requests;
  std::optional<HttpRefusal> refusal;
};

/// Feeds `bytes` in pieces as `next_size` says.
Outcome parse(std::string_view bytes, const std::function<std::size_t()>& next_size) {
  HttpParser parser{kLimits};
  Outcome outcome;
  std::string input;
  while (!bytes.empty()) {
    const std::size_t size = std::min(next_size(), bytes.size());
    input += bytes.substr(0, size);
    bytes.remove_prefix(size);
    while (true) {
      input.erase(0, parser.feed(input));
      auto request = parser.take();
      if (!request) break;
      outcome.requests.push_back(*std::move(request));
    }
  }
  outcome.refusal = parser.refusal();
  return outcome;
}

/// The same whole, a byte at a time, and cut at random places.
Outcome parse_every_way(std::string_view bytes) {
  Outcome whole = parse(bytes, [&] { return bytes.size(); });
  const unsigned seed = std::random_device{}();
  std::mt19937 random{seed};
  std::uniform_int_distribution<std::size_t> size{1, 20};
  for (const Outcome& cut : {parse(bytes, [] { return 1; }), parse(bytes, [&] { return size(random); })}) {
    EXPECT_EQ(cut.requests.size(), whole.requests.size()) << "seed " << seed;
    EXPECT_EQ(cut.refusal.has_value(), whole.refusal.has_value()) << "seed " << seed;
    EXPECT_EQ(cut.refusal.value_or(HttpRefusal{}).status, whole.refusal.value_or(HttpRefusal{}).status);
    for (std::size_t i = 0; i < std::min(cut.requests.size(), whole.requests.size()); ++i) {
      EXPECT_EQ(cut.requests[i].path, whole.requests[i].path);
      EXPECT_EQ(cut.requests[i].body, whole.requests[i].body) << "seed " << seed;
      EXPECT_EQ(cut.requests[i].fields, whole.requests[i].fields);
    }
  }
  return whole;
}

TEST(HttpParser, ReadsPipelinedRequestsWithAndWithoutABody) {
  const Outcome outcome = parse_every_way(
      "GET /a?x=1 HTTP/1.1\r\nHost: here\r\n\r\n"
      "POST /b HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello"
      "\r\nPUT /c HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n"
      "HEAD /d HTTP/1.1\r\nHost: here\r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 4U);
  EXPECT_FALSE(outcome.refusal);
  EXPECT_EQ(outcome.requests[0].method, "GET");
  EXPECT_EQ(outcome.requests[0].query_value("x"), "1");
  EXPECT_EQ(outcome.requests[1].body, "hello");
  EXPECT_EQ(outcome.requests[2].body, "abcde");
  EXPECT_EQ(outcome.requests[3].method, "HEAD");
}

TEST(HttpParser, RefusesWhatItCannotRead) {
  const std::string long_field(2000, 'x');
  const std::pair<std::string, unsigned> cases[] = {
      {"hello\r\n\r\n", 400},
      {"GET / HTTP/3.0\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // two
      {"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},     // no path
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + long_field + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\n\r\n" + long_field, 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + long_field, 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      // Two readers would see two different ends of it.
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : cases) {
    const Outcome outcome = parse_every_way(bytes);
    EXPECT_TRUE(outcome.requests.empty()) << bytes;
    ASSERT_TRUE(outcome.refusal) << bytes;
    EXPECT_EQ(outcome.refusal->status, status) << bytes << outcome.refusal->why;
  }
}

TEST(HttpParser, TheLastChunkMayComeByteByByte) {
  const Outcome outcome = parse_every_way(
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nLater: yes\r\n\r\n");
  ASSERT_EQ(outcome.requests.size(), 2U);
  EXPECT_EQ(outcome.requests[1].body, "x");
  EXPECT_FALSE(outcome.refusal);
}

TEST(HttpParser, AnOldClientNeedsNoHostAndIsClosedUnlessItAsks) {
  HttpParser parser{kLimits};
  parser.feed("GET / HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(parser.take());
  EXPECT_FALSE(parser.keeps_alive());
  EXPECT_EQ(parser.version(), 10U);
  parser.feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(parser.take());
  EXPECT_TRUE(parser.keeps_alive());
}

TEST(HttpParser, AClientThatExpectsItIsToldToContinueOnce) {
  HttpParser parser{kLimits};
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(parser.take_expectation());
  EXPECT_FALSE(parser.take_expectation());
  parser.feed("ab");
  EXPECT_EQ(parser.take()->body, "ab");
}

TEST(HttpSerialize, SaysHowLongItIsAndWhetherMoreMayFollow) {
  const HttpResponse response{.status = 404, .fields = {{"Allow", "GET"}}, .body = "no\n"};
  const std::string text = serialize(response, {});
  EXPECT_THAT(text, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(text, HasSubstr("Allow: GET\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(text, HasSubstr(" GMT\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\nno\n")) << text;
  EXPECT_EQ(text.find("Connection"), std::string::npos);
  EXPECT_THAT(serialize(response, {.keep_alive = false}), HasSubstr("Connection: close\r\n"));
}

TEST(HttpSerialize, AnswersHeadWithTheHeaderAlone) {
  const std::string text = serialize({.body = "hello"}, {.body = HttpFraming::Body::kNone});
  EXPECT_THAT(text, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

}  // namespace
}  // namespace parlance::edge
