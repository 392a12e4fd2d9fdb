#include "interceptors/jwt_claims.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;

constexpr UnixTime kNow{1'700'000'000};

std::string outcome(std::string_view json, const ClaimRules& rules = {}, UnixTime now = kNow) {
  const auto caller = check_claims(json, rules, now);
  return caller ? caller->subject + "@" + caller->issuer : std::string{reason_of(caller.error())};
}

TEST(JwtClaims, NameTheCaller) {
  EXPECT_EQ(outcome(R"({"sub":"alice","iss":"me","exp":1700000001})"), "alice@me");
  EXPECT_EQ(outcome(R"({"sub":"alice","exp":1700000001})"), "alice@");
}

TEST(JwtClaims, ExpireWithLeeway) {
  constexpr std::string_view kJson = R"({"sub":"a","exp":1700000000})";
  EXPECT_EQ(outcome(kJson, {.leeway = 10s}, kNow + 9s), "a@");
  EXPECT_EQ(outcome(kJson, {.leeway = 10s}, kNow + 10s), "TOKEN_EXPIRED");
  EXPECT_EQ(outcome(kJson, {.leeway = 0s}, kNow), "TOKEN_EXPIRED");
}

TEST(JwtClaims, BeginWithLeeway) {
  constexpr std::string_view kJson = R"({"sub":"a","exp":1800000000,"nbf":1700000000.5})";
  EXPECT_EQ(outcome(kJson, {.leeway = 10s}, kNow - 9s), "a@");
  EXPECT_EQ(outcome(kJson, {.leeway = 10s}, kNow - 10s), "TOKEN_NOT_YET_VALID");
}

TEST(JwtClaims, WithoutAnEndAreNotTaken) {
  EXPECT_EQ(outcome(R"({"sub":"a"})"), "TOKEN_EXPIRED");
  EXPECT_EQ(outcome(R"({"sub":"a","exp":"1800000000"})"), "TOKEN_MALFORMED");
  EXPECT_EQ(outcome(R"({"sub":"a","exp":1800000000,"nbf":null})"), "TOKEN_MALFORMED");
}

TEST(JwtClaims, AreOfTheRightIssuerForTheRightAudience) {
  const ClaimRules rules{.issuer = "https://me", .audience = "parlance"};
  const std::string end = R"(","exp":1800000000,"sub":"a"})";
  EXPECT_EQ(outcome(R"({"iss":"https://me","aud":"parlance)" + end, rules), "a@https://me");
  EXPECT_EQ(outcome(R"({"iss":"https://me","aud":["x","parlance"],"x":")" + end, rules), "a@https://me");
  EXPECT_EQ(outcome(R"({"iss":"https://you","aud":"parlance)" + end, rules), "TOKEN_ISSUER");
  EXPECT_EQ(outcome(R"({"aud":"parlance)" + end, rules), "TOKEN_ISSUER");
  EXPECT_EQ(outcome(R"({"iss":"https://me","aud":"other)" + end, rules), "TOKEN_AUDIENCE");
  EXPECT_EQ(outcome(R"({"iss":"https://me","aud":["x"],"x":")" + end, rules), "TOKEN_AUDIENCE");
  EXPECT_EQ(outcome(R"({"iss":"https://me","x":")" + end, rules), "TOKEN_AUDIENCE");
}

TEST(JwtClaims, AreAnObjectWithEachNameOnceAndASubject) {
  EXPECT_EQ(outcome(""), "TOKEN_MALFORMED");
  EXPECT_EQ(outcome("[]"), "TOKEN_MALFORMED");
  EXPECT_EQ(outcome(R"({"sub":"a","exp":1800000000,"sub":"b"})"), "TOKEN_MALFORMED");
  EXPECT_EQ(outcome(R"({"exp":1800000000})"), "TOKEN_NO_SUBJECT");
  EXPECT_EQ(outcome(R"({"exp":1800000000,"sub":7})"), "TOKEN_NO_SUBJECT");
}

}  // namespace
}  // namespace parlance::interceptors
