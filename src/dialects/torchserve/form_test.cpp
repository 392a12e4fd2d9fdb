#include "dialects/torchserve/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/concat.h"

namespace parlance::dialects::torchserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kType = "multipart/form-data; boundary=XX";
constexpr std::string_view kForm =
    "--XX\r\n"
    "Content-Disposition: form-data; name=\"data\"; filename=\"a;name=b.json\"\r\n"
    "Content-Type: application/octet-stream\r\n"
    "\r\n"
    "[1,\r\n 2]\r\n"
    "--XX\r\n"
    "content-disposition: form-data; name=more\r\n"
    "\r\n"
    "\r\n"
    "--XX--\r\n";

std::string refusal_of(std::string_view type, std::string_view body) {
  const auto parts = read_form(type, body);
  return parts ? "" : std::string{parts.error().message()};
}

TEST(Form, IsKnownByItsContentType) {
  EXPECT_TRUE(is_form(kType));
  EXPECT_TRUE(is_form("Multipart/Form-Data; boundary=x"));
  EXPECT_FALSE(is_form("application/x-www-form-urlencoded"));
  EXPECT_FALSE(is_form(""));
}

TEST(Form, HasItsPartsByName) {
  const auto parts = read_form(kType, kForm);
  ASSERT_TRUE(parts);
  EXPECT_THAT(*parts, ElementsAre(Pair("data", "[1,\r\n 2]"), Pair("more", "")));
}

TEST(Form, MayHaveAPreambleAndAQuotedBoundary) {
  const auto parts = read_form("multipart/form-data; charset=utf-8; BOUNDARY=\"XX\"",
                               concat("before it\r\n", kForm, "after it"));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->size(), 2U);
  const auto none = read_form(kType, "--XX--\r\n");
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
}

TEST(Form, CutAnywhereItIsRefused) {
  const std::size_t whole = kForm.size() - 2;  // the last line end may be missing
  for (std::size_t size = 0; size < whole; ++size)
    EXPECT_THAT(refusal_of(kType, kForm.substr(0, size)), HasSubstr("the form cannot be read: ")) << size;
  EXPECT_EQ(refusal_of(kType, kForm.substr(0, whole)), "");
}

TEST(Form, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal_of("multipart/form-data", kForm), HasSubstr("its Content-Type has no boundary"));
  EXPECT_THAT(refusal_of("multipart/form-data; boundary=YY", kForm), HasSubstr("it is cut off"));
  EXPECT_THAT(refusal_of(kType, "--XX\r\nContent-Type: a\r\n\r\nb\r\n--XX--"), HasSubstr("has no name"));
  EXPECT_THAT(refusal_of(kType, "--XX\r\nname: a\r\n\r\n--XX--"), HasSubstr("has no content"));
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += concat(i == 0 ? "" : "\r\n", "--XX\r\nContent-Disposition: form-data; name=", i, "\r\n\r\n");
  EXPECT_THAT(refusal_of(kType, many + "\r\n--XX--"), HasSubstr("more than 64 parts"));
}

}  // namespace
}  // namespace parlance::dialects::torchserve
