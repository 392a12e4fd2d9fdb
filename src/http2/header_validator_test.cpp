#include "http2/header_validator.h"

#include <string>

#include "http2/connection_test_support.h"

namespace parlance::http2::test {
namespace {

std::string verdict(const SectionCheck& check) { return check ? "legal" : std::string(check.error()); }
SectionCheck checked_request(const Texts& texts) {
  LegalFields legal;
  return check_request(fields_of(texts), legal);
}
SectionCheck checked_response(const Texts& texts) {
  LegalFields legal;
  return check_response(fields_of(texts), legal);
}
std::string request(const Texts& texts) { return verdict(checked_request(texts)); }
std::string response(const Texts& texts) { return verdict(checked_response(texts)); }
std::string trailers(const Texts& texts) {
  LegalFields legal;
  return verdict(check_trailers(fields_of(texts), legal));
}

Texts with(Texts texts, std::string_view name, std::string_view value) {
  texts.emplace_back(name, value);
  return texts;
}
Texts without(Texts texts, std::string_view name) {
  std::erase_if(texts, [&](const auto& text) { return text.first == name; });
  return texts;
}

// RFC 9113 section 8.3.1.
TEST(HeaderValidator, ARequestNeedsItsPseudoHeaders) {
  EXPECT_EQ(request(kGet), "legal");
  EXPECT_NE(request(without(kGet, ":method")), "legal");
  EXPECT_NE(request(without(kGet, ":scheme")), "legal");
  EXPECT_NE(request(without(kGet, ":path")), "legal");
  EXPECT_NE(request(with(without(kGet, ":path"), ":path", "")), "legal");
  EXPECT_NE(request(with(without(kGet, ":path"), ":path", "relative")), "legal");
  EXPECT_NE(request(with(without(kGet, ":path"), ":path", "*")), "legal");
  EXPECT_EQ(request({{":method", "OPTIONS"}, {":scheme", "https"}, {":path", "*"}, {":authority", "h"}}),
            "legal");
}

TEST(HeaderValidator, ARequestNamesItsHostOnceOrTwice) {
  EXPECT_NE(request(without(kGet, ":authority")), "legal");
  EXPECT_EQ(request(with(without(kGet, ":authority"), "host", "localhost")), "legal");
  EXPECT_EQ(request(with(kGet, "host", "localhost")), "legal");
}

TEST(HeaderValidator, PseudoHeadersComeOnceAndFirstAndAreKnown) {
  for (const std::string_view name : {":method", ":scheme", ":path", ":authority"}) {
    EXPECT_NE(request(with(kGet, name, "/again")), "legal") << name;
  }
  EXPECT_NE(request(with(kGet, ":status", "200")), "legal");
  EXPECT_NE(request(with(kGet, ":unknown", "x")), "legal");
  EXPECT_NE(request(with(kGet, ":protocol", "websocket")), "legal");
  EXPECT_NE(
      request({{":method", "GET"}, {"x", "y"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}),
      "legal");
}

// RFC 9113 section 8.5.
TEST(HeaderValidator, ConnectHasAnAuthorityOnly) {
  EXPECT_EQ(request({{":method", "CONNECT"}, {":authority", "h:1"}}), "legal");
  EXPECT_NE(request({{":method", "CONNECT"}}), "legal");
  EXPECT_NE(request({{":method", "CONNECT"}, {":authority", "h:1"}, {":scheme", "http"}}), "legal");
  EXPECT_NE(request({{":method", "CONNECT"}, {":authority", "h:1"}, {":path", "/"}}), "legal");
}

// RFC 9113 section 8.2.1.
TEST(HeaderValidator, NamesAreLowerCaseTokens) {
  EXPECT_EQ(request(with(kGet, "x-a_b.c~1", "v")), "legal");
  for (const std::string_view name : {"", "X", "Content-Type", "a b", "a:b", "a\x7f", "a\xc3", "(x)"}) {
    EXPECT_FALSE(is_legal_name(name)) << name;
    EXPECT_NE(request(with(kGet, name, "v")), "legal") << name;
  }
  EXPECT_FALSE(is_legal_name(std::string_view("a\0b", 3)));
}

TEST(HeaderValidator, ValuesHoldNoControlCharactersAndNoSpaceAtTheirEnds) {
  EXPECT_TRUE(is_legal_value(""));
  EXPECT_TRUE(is_legal_value("a b\tc \x80\xff!"));
  EXPECT_TRUE(is_legal_value("0123456789\t0123456789"));
  for (int c = 0; c < 256; ++c) {
    const bool legal = (c >= 0x20 && c != 0x7f) || c == '\t';
    for (const std::size_t at : {1U, 6U, 12U, 17U}) {
      std::string value(19, 'x');
      value[at] = static_cast<char>(c);
      EXPECT_EQ(is_legal_value(value), legal) << c << " at " << at;
    }
  }
  for (const std::string_view value : {" a", "a ", "\ta", "a\t", " "}) EXPECT_FALSE(is_legal_value(value));
}

// RFC 9113 section 8.2.2.
TEST(HeaderValidator, ConnectionSpecificFieldsAreMalformed) {
  for (const std::string_view name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    EXPECT_NE(request(with(kGet, name, "x")), "legal") << name;
    EXPECT_NE(response(with(kOk, name, "x")), "legal") << name;
    EXPECT_NE(trailers({{name, "x"}}), "legal") << name;
  }
  EXPECT_EQ(request(with(kGet, "te", "trailers")), "legal");
  EXPECT_NE(request(with(kGet, "te", "trailers, deflate")), "legal");
}

// RFC 9113 section 8.3.2.
TEST(HeaderValidator, AResponseHasOneStatusOfThreeDigits) {
  EXPECT_EQ(response(kOk), "legal");
  EXPECT_EQ(checked_response({{":status", "404"}})->status, 404);
  EXPECT_EQ(checked_response({{":status", "103"}})->status, 103);
  for (const std::string_view status : {"", "20", "2000", "2x0", "-20", "099", "101"}) {
    EXPECT_NE(response({{":status", status}}), "legal") << status;
  }
  EXPECT_NE(response({}), "legal");
  EXPECT_NE(response(with(kOk, ":status", "200")), "legal");
  EXPECT_NE(response(with(kOk, ":path", "/")), "legal");
}

TEST(HeaderValidator, TrailersHaveNoPseudoHeaders) {
  EXPECT_EQ(trailers(kTrailers), "legal");
  EXPECT_EQ(trailers({}), "legal");
  EXPECT_NE(trailers({{":status", "200"}}), "legal");
}

TEST(HeaderValidator, ContentLengthIsOneDecimalNumber) {
  EXPECT_EQ(checked_request(with(kGet, "content-length", "42"))->content_length, 42U);
  EXPECT_EQ(checked_request(kGet)->content_length, SectionFacts::kNoLength);
  EXPECT_EQ(request(with(with(kGet, "content-length", "1"), "content-length", "1")), "legal");
  EXPECT_NE(request(with(with(kGet, "content-length", "1"), "content-length", "2")), "legal");
  for (const std::string_view value : {"", "-1", "+1", "1 ", "0x1", "1,1", "99999999999999999999"}) {
    EXPECT_NE(request(with(kGet, "content-length", value)), "legal") << value;
  }
}

TEST(HeaderValidator, AnEntryOfTheDynamicTableIsLookedAtOnceButItsPlaceEveryTime) {
  LegalFields legal;
  std::vector<HeaderField> fields = fields_of(kGet);
  fields.push_back({"x", "legal", HeaderToken::kOther, false, 7});
  EXPECT_TRUE(check_request(fields, legal));
  fields.back().value = "il\nlegal";  // cannot happen: an entry id is never used again
  EXPECT_TRUE(check_request(fields, legal));
  fields.back().entry_id = 7 + 64;
  EXPECT_FALSE(check_request(fields, legal));
  fields.back() = {":path", "/", HeaderToken::kPath, false, 7};
  EXPECT_FALSE(check_request(fields, legal));
}

}  // namespace
}  // namespace parlance::http2::test
