#include "wire/packed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace parlance::wire {
namespace {

using ::testing::ElementsAre;

// Floats that begin `offset` bytes behind an aligned address.
class FloatsAt {
 public:
  FloatsAt(std::size_t offset, const std::vector<float>& values) : offset_(offset), size_(values.size() * 4) {
    std::memcpy(memory_ + offset, values.data(), size_);
  }
  PackedFixed<float> packed() const { return PackedFixed<float>{{memory_ + offset_, size_}}; }

 private:
  std::size_t offset_;
  std::size_t size_;
  alignas(16) std::byte memory_[256]{};
};

static_assert(std::ranges::random_access_range<PackedFixed<double>>);
static_assert(std::ranges::forward_range<PackedVarint<Varint<int>>>);

TEST(PackedFixed, ReadsItsValuesAtAnyAlignment) {
  for (std::size_t offset = 0; offset < 8; ++offset) {
    const FloatsAt floats{offset, {0.5F, -1.0F, 3.0F}};
    const PackedFixed<float> packed = floats.packed();
    EXPECT_EQ(packed.size(), 3u);
    EXPECT_EQ(packed[2], 3.0F);
    EXPECT_THAT(packed, ElementsAre(0.5F, -1.0F, 3.0F));
    EXPECT_EQ(std::accumulate(packed.begin(), packed.end(), 0.0F), 2.5F);
    std::vector<float> copy(3);
    packed.copy_to(copy);
    EXPECT_THAT(copy, ElementsAre(0.5F, -1.0F, 3.0F));
  }
}

TEST(PackedFixed, IsASpanOfItsOwnBytesWhereTheyLieAligned) {
  const FloatsAt aligned{4, {1.0F, 2.0F}};
  const AlignedSpan<float> shown = aligned.packed().aligned();
  EXPECT_FALSE(shown.is_copy());
  EXPECT_EQ(static_cast<const void*>(shown.span().data()), aligned.packed().bytes().data());

  const FloatsAt unaligned{5, {1.0F, 2.0F}};
  const AlignedSpan<float> copied = unaligned.packed().aligned();
  EXPECT_TRUE(copied.is_copy());
  EXPECT_THAT(copied.span(), ElementsAre(1.0F, 2.0F));
}

TEST(PackedFixed, WithoutValuesIsEmpty) {
  const PackedFixed<float> none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_TRUE(none.aligned().is_copy() == false);
  none.copy_to({});
}

TEST(PackedFixedDeathTest, IsNotCopiedWhereThereIsNoRoom) {
  const FloatsAt floats{0, {1.0F, 2.0F}};
  std::vector<float> one(1);
  EXPECT_DEATH(floats.packed().copy_to(one), "no room for all values");
}

TEST(PackedVarint, DecodesAsItIsWalkedOver) {
  const PackedVarint<Varint<std::int32_t>> packed{as_bytes("\x01\x96\x01\xff\xff\xff\xff\x0f")};
  EXPECT_EQ(packed.size(), 3u);
  EXPECT_THAT(packed, ElementsAre(1, 150, -1));
}

struct Read {
  const std::byte* next = nullptr;
  const char* why = nullptr;
  bool irregular = false;
};

template <typename Encoding>
Read read_all(std::string_view text, Packed<Encoding>& values) {
  Context context;
  const Bytes bytes = as_bytes(text);
  const std::byte* next = read_packed<Encoding>(bytes.data(), bytes.data() + bytes.size(), values, context);
  return {next, context.fault.why, context.irregular};
}

TEST(ReadPacked, RefusesWhatIsNoWholeNumberOfValues) {
  PackedFixed<float> floats;
  EXPECT_STREQ(read_all<Fixed<float>>("\x05"
                                      "abcde",
                                      floats)
                   .why,
               "is no whole number of values");
  PackedVarint<Varint<int>> numbers;
  EXPECT_STREQ(read_all<Varint<int>>("\x01\x80", numbers).why, "is a number that does not end");
}

TEST(ReadPacked, IsIrregularWhenTheValuesComeInSeveralPieces) {
  PackedVarint<Varint<int>> numbers;
  EXPECT_FALSE(read_all<Varint<int>>("\x01\x05", numbers).irregular);
  EXPECT_FALSE(read_all<Varint<int>>(std::string_view{"\0", 1}, numbers).irregular);
  EXPECT_THAT(numbers, ElementsAre(5));
  EXPECT_TRUE(read_all<Varint<int>>("\x01\x06", numbers).irregular);
}

TEST(ReadUnpacked, TakesOneValue) {
  Context context;
  PackedFixed<float> floats;
  const Bytes bytes = as_bytes(std::string_view{"\0\0\0\x3f", 4});
  EXPECT_EQ(read_unpacked<Fixed<float>>(bytes.data(), bytes.data() + 4, floats, context), bytes.data() + 4);
  EXPECT_THAT(floats, ElementsAre(0.5F));
  EXPECT_FALSE(context.irregular);
}

}  // namespace
}  // namespace parlance::wire
