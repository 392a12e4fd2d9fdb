#include "wire/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "wire/fields.h"

namespace parlance::wire {
namespace {

using ::testing::ElementsAre;

// What a Fields variable would not outlive does not convert.
static_assert(std::is_constructible_v<TextValue, const std::string&>);
static_assert(!std::is_constructible_v<TextValue, std::string>);
static_assert(!std::is_constructible_v<BlobValue, std::string>);
static_assert(std::is_constructible_v<Values<float>, std::vector<float>&>);
static_assert(std::is_constructible_v<Values<float>, std::span<const float>>);
static_assert(!std::is_constructible_v<Values<float>, std::vector<float>>);
static_assert(!std::is_constructible_v<Values<float>, std::array<float, 2>>);
static_assert(!std::is_constructible_v<Values<float>, std::vector<double>&>);
static_assert(!std::is_constructible_v<TextValues, std::vector<std::string>>);
// A slot stands for floats, doubles and bytes.
static_assert(std::is_constructible_v<Values<float>, Slot<float>&>);
static_assert(std::is_constructible_v<BlobValue, Slot<std::byte>&>);

constexpr std::uint32_t kTag = make_tag(1, WireType::kBytes);

template <typename Put>
std::string written(std::size_t size_bytes, Put put) {
  std::string bytes(size_bytes, '?');
  auto* const begin = reinterpret_cast<std::byte*>(bytes.data());
  EXPECT_EQ(put(begin + size_bytes), begin);
  return bytes;
}

TEST(TextValues, AreWrittenInTheirOrderFromStringsOrViews) {
  const std::vector<std::string> strings{"a", ""};
  const std::array<std::string_view, 1> views{"bc"};
  const auto bytes_of = [](const TextValues& values) {
    return written(size_texts<kTag>(values), [&](std::byte* end) { return put_texts<kTag>(end, values); });
  };
  EXPECT_EQ(bytes_of(strings), std::string("\x0a\x01"
                                           "a"
                                           "\x0a\x00",
                                           5));
  EXPECT_EQ(bytes_of(views),
            "\x0a\x02"
            "bc");
  EXPECT_EQ(bytes_of({}), "");
}

TEST(Slot, IsFilledInWhereTheMessageWasWritten) {
  Slot<float> slot{2};
  const Values<float> values{slot};
  std::string bytes = written(size_packed<kTag, Fixed<float>>(values),
                              [&](std::byte* end) { return put_packed<kTag, Fixed<float>>(end, values); });
  EXPECT_EQ(slot.bytes().data(), reinterpret_cast<std::byte*>(bytes.data()) + 2);
  const std::array<float, 2> floats{0.5F, 1.0F};
  std::memcpy(slot.bytes().data(), floats.data(), sizeof floats);
  EXPECT_EQ(bytes, std::string("\x0a\x08\0\0\0\x3f\0\0\x80\x3f", 10));
}

TEST(SlotDeathTest, IsUsedOnlyAsItsMessageWasWritten) {
  Slot<float> slot{2};
  EXPECT_DEATH(slot.bytes(), "not written yet");
  EXPECT_DEATH(slot.span(), "not written for this slot");
}

TEST(PackedValues, AreMeasuredBeforeTheyAreWritten) {
  const std::vector<std::int32_t> numbers{1, 150, -1};
  const Values<std::int32_t> values{numbers};
  using Encoding = Varint<std::int32_t>;
  EXPECT_EQ(written(size_packed<kTag, Encoding>(values),
                    [&](std::byte* end) { return put_packed<kTag, Encoding>(end, values); }),
            "\x0a\x0d\x01\x96\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

}  // namespace
}  // namespace parlance::wire
