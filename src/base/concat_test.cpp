#include "base/concat.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace parlance {
namespace {

TEST(Concat, JoinsTextsAndIntegers) {
  EXPECT_EQ(concat("message of ", 5242880u, " bytes (", std::string_view{"knob"}, ")"),
            "message of 5242880 bytes (knob)");
}

TEST(Concat, WritesTheExtremesOfSixtyFourBits) {
  EXPECT_EQ(concat(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(concat(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(Concat, OfNothingIsEmpty) { EXPECT_EQ(concat(), ""); }

}  // namespace
}  // namespace parlance
