// Views and Fields beside libprotobuf: what one accepts the other accepts, with the same values, and both
// write the same bytes.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <string>

#include "everything_fields.h"
#include "everything_message.h"
#include "random_message.h"
#include "wire/parsed.h"

namespace parlance::testing_views {
namespace {

using testing::Everything;
using testing::EverythingView;
using View = wire::Parsed<EverythingView>;

constexpr std::uint64_t kSeed = 20261121;

// libprotobuf writes a line for each string that is not UTF-8.
[[maybe_unused]] const bool kNoLog = [] {
  google::protobuf::SetLogHandler(nullptr);
  return true;
}();

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string written(const EverythingView& view) {
  Storage storage;
  return std::string{wire::to_bytes(fields_of(view, storage)).text()};
}

std::string read(const EverythingView& view) {
  Everything message;
  to_message(view, message);
  return deterministic_bytes(message);
}

// Whether the writer's bytes are those of libprotobuf. An unknown number may be written in more bytes than it
// needs, which we keep and libprotobuf does not.
void expect_same_bytes(const std::string& ours, const std::string& theirs) {
  if (ours == theirs) return;
  Everything again;
  ASSERT_TRUE(again.ParseFromString(ours));
  EXPECT_EQ(hex(deterministic_bytes(again)), hex(theirs));
}

void expect_the_same(const std::string& bytes) {
  Everything message;
  const bool accepted = message.ParseFromString(bytes);
  const auto view = View::of(as_bytes(bytes));
  ASSERT_EQ(view.has_value(), accepted) << (view ? "" : wire::to_string(view.error())) << '\n' << hex(bytes);
  if (!view) return;
  const std::string theirs = deterministic_bytes(message);
  EXPECT_EQ(hex(read(**view)), hex(theirs)) << hex(bytes);
  expect_same_bytes(written(**view), theirs);
}

TEST(ViewsDifferential, WhatLibprotobufWroteIsReadAndWrittenAsItStands) {
  Random random{kSeed};
  for (int round = 0; round < 1500; ++round) {
    Everything message;
    fill(message, random, 3);
    const std::string bytes = deterministic_bytes(message);
    const auto view = View::of(as_bytes(bytes));
    ASSERT_TRUE(view.has_value()) << wire::to_string(view.error());
    ASSERT_EQ(hex(read(**view)), hex(bytes)) << "round " << round;
    ASSERT_EQ(hex(written(**view)), hex(bytes)) << "round " << round;
  }
}

TEST(ViewsDifferential, MessagesOneBehindTheOtherAreMergedAlike) {
  Random random{kSeed + 1};
  for (int round = 0; round < 1000; ++round) {
    std::string bytes;
    for (int part = 0; part < 3; ++part) {
      Everything message;
      fill(message, random, 2);
      bytes += message.SerializeAsString();
    }
    expect_the_same(bytes);
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "round " << round;
  }
}

TEST(ViewsDifferential, SpoiltBytesAreAcceptedOrRefusedAlike) {
  Random random{kSeed + 2};
  for (int round = 0; round < 20000; ++round) {
    Everything message;
    fill(message, random, 2);
    expect_the_same(mutated(message.SerializeAsString(), random));
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "round " << round;
  }
}

TEST(ViewsDifferential, BytesAtRandomAreAcceptedOrRefusedAlike) {
  Random random{kSeed + 3};
  for (int round = 0; round < 50000; ++round) {
    std::string bytes(1 + random() % 12, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    expect_the_same(bytes);
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "round " << round;
  }
}

// Everything in Everything, `depth` times.
std::string nested(int depth) {
  Everything message;
  Everything* inner = &message;
  for (int level = 0; level < depth; ++level) inner = inner->mutable_itself();
  return message.SerializeAsString();
}

TEST(ViewsDifferential, MessagesMayBeNestedAsDeepAsLibprotobufAllows) {
  for (const int depth : {1, 50, 99, 100, 101, 102, 200}) expect_the_same(nested(depth));
  EXPECT_TRUE(View::of(as_bytes(nested(100))).has_value());
  EXPECT_FALSE(View::of(as_bytes(nested(101))).has_value());
}

TEST(ViewsDifferential, GroupsMayBeNestedAsDeepAsLibprotobufAllows) {
  for (const int depth : {1, 99, 100, 101}) {
    std::string bytes;
    for (int level = 0; level < depth; ++level) bytes += "\xA3\x06";  // begin of group 100
    for (int level = 0; level < depth; ++level) bytes += "\xA4\x06";
    expect_the_same(bytes);
  }
}

}  // namespace
}  // namespace parlance::testing_views
