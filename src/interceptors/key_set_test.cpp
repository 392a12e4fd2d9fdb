#include "interceptors/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "interceptors/token_test_support.h"

namespace parlance::interceptors {
namespace {

using testing::key_set;
using testing::SigningKey;

constexpr std::string_view kPayload = R"({"sub":"alice"})";

std::string outcome(const KeySet& keys, std::string_view token) {
  const auto payload = keys.verify(token);
  return payload ? *payload : std::string{reason_of(payload.error())};
}

KeySet parsed(const std::string& json) {
  auto keys = KeySet::parse(json);
  EXPECT_TRUE(keys) << keys.error();
  return *std::move(keys);
}

// RFC 7515, appendices A.1 and A.3.

constexpr std::string_view kJoe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view kJoePlain =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

TEST(KeySet, VerifiesTheHmacExampleOfTheRfc) {
  const KeySet keys =
      parsed(key_set({R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75)"
                      R"(aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})"}));
  const std::string token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string{kJoe} +
                            ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(outcome(keys, token), kJoePlain);
}

TEST(KeySet, VerifiesTheEcdsaExampleOfTheRfc) {
  const KeySet keys =
      parsed(key_set({R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"}));
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9." + std::string{kJoe} +
      ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_EQ(outcome(keys, token), kJoePlain);
}

TEST(KeySet, VerifiesWhatEachTypeOfKeySigned) {
  const SigningKey rsa = SigningKey::rsa();
  const SigningKey ec = SigningKey::ec();
  const SigningKey secret = SigningKey::secret();
  const KeySet keys = parsed(key_set({rsa.json(), ec.json(R"(,"alg":"ES256","use":"sig")"), secret.json()}));
  EXPECT_EQ(keys.size(), 3);
  for (const SigningKey* key : {&rsa, &ec, &secret}) EXPECT_EQ(outcome(keys, key->sign(kPayload)), kPayload);
}

TEST(KeySet, RefusesWhatOtherKeysSigned) {
  const SigningKey ec = SigningKey::ec();
  const KeySet keys = parsed(key_set({ec.json()}));
  EXPECT_EQ(outcome(keys, SigningKey::ec().sign(kPayload)), "TOKEN_SIGNATURE");
  EXPECT_EQ(outcome(keys, SigningKey::secret().sign(kPayload)), "TOKEN_UNKNOWN_KEY");
}

TEST(KeySet, RefusesATokenThatWasChanged) {
  const SigningKey ec = SigningKey::ec();
  const KeySet keys = parsed(key_set({ec.json()}));
  std::string token = ec.sign(kPayload);
  token[token.find('.') + 5] ^= 1;
  EXPECT_EQ(outcome(keys, token), "TOKEN_SIGNATURE");
}

TEST(KeySet, AKidPicksTheKey) {
  const SigningKey one = SigningKey::ec();
  const SigningKey two = SigningKey::ec();
  const KeySet keys = parsed(key_set({one.json(R"(,"kid":"1")"), two.json(R"(,"kid":"2")")}));
  EXPECT_EQ(outcome(keys, two.sign(kPayload, "2")), kPayload);
  EXPECT_EQ(outcome(keys, two.sign(kPayload)), kPayload);
  EXPECT_EQ(outcome(keys, two.sign(kPayload, "1")), "TOKEN_SIGNATURE");
  EXPECT_EQ(outcome(keys, two.sign(kPayload, "3")), "TOKEN_UNKNOWN_KEY");
}

TEST(KeySet, NeverTakesNone) {
  const KeySet keys = parsed(key_set({SigningKey::ec().json()}));
  // {"alg":"none"} and {"alg":"None"}, with and without a signature.
  for (const char* token :
       {"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.", "eyJhbGciOiJOb25lIn0.eyJzdWIiOiJhbGljZSJ9.",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.AAAA"}) {
    EXPECT_THAT(outcome(keys, token), ::testing::AnyOf("TOKEN_ALGORITHM", "TOKEN_MALFORMED")) << token;
  }
}

TEST(KeySet, NeverTakesAPublicKeyForASecret) {
  const SigningKey rsa = SigningKey::rsa();
  const KeySet keys = parsed(key_set({rsa.json()}));
  // Signed with HMAC and the public key's text as the secret: anyone could.
  EXPECT_EQ(outcome(keys, SigningKey::secret_of(rsa.json()).sign(kPayload)), "TOKEN_UNKNOWN_KEY");
}

TEST(KeySet, OneKeyOneAlgorithm) {
  const SigningKey rsa = SigningKey::rsa();
  const KeySet keys = parsed(key_set({rsa.json()}));
  EXPECT_EQ(outcome(keys, rsa.sign(kPayload, "", "RS512")), "TOKEN_ALGORITHM");
  EXPECT_EQ(outcome(keys, rsa.sign(kPayload, "", "PS256")), "TOKEN_ALGORITHM");
}

TEST(KeySet, RefusesTokensWithCriticalExtensions) {
  const SigningKey ec = SigningKey::ec();
  const KeySet keys = parsed(key_set({ec.json()}));
  EXPECT_EQ(outcome(keys, ec.sign_with_crit(kPayload)), "TOKEN_MALFORMED");
}

TEST(KeySet, RefusesWhatIsNoToken) {
  const KeySet keys = parsed(key_set({SigningKey::ec().json()}));
  for (const char* token : {"", ".", "..", "...", "abc", "a.b.c", "e30.e30.", "e30.e30.e30", "W10.W10.W10",
                            "eyJhbGciOjV9.e30.AAAA", "eyJhbGciOiJFUzI1NiJ9.e30", "\xff.\xff.\xff"}) {
    EXPECT_THAT(outcome(keys, token),
                ::testing::AnyOf("TOKEN_MALFORMED", "TOKEN_ALGORITHM", "TOKEN_SIGNATURE"))
        << token;
  }
}

TEST(KeySet, PassesOverKeysThatAreOfNoUse) {
  const SigningKey good = SigningKey::ec();
  const KeySet keys =
      parsed(key_set({R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
                      good.json(R"(,"use":"enc")"), SigningKey::secret().json(R"(,"alg":"HS512")"),
                      SigningKey::secret(16).json(), SigningKey::rsa(1024).json(), "7", good.json()}));
  EXPECT_EQ(keys.size(), 1);
}

TEST(KeySet, WithoutAKeyToUseIsAnError) {
  EXPECT_THAT(KeySet::parse(R"({"keys":[]})").error(), ::testing::StartsWith("no key that tokens"));
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", "{\"keys\":["}) {
    EXPECT_EQ(KeySet::parse(text).error(), "no JSON Web Key Set: an object with a list 'keys'") << text;
  }
}

}  // namespace
}  // namespace parlance::interceptors
