#include "app/text_table.h"

#include <gmock/gmock.h>

namespace parlance::app {
namespace {

TEST(TextTable, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(text_table({{"name", "p50"}, {"a", "61.2 µs"}, {"longer name", "9 s"}}),
            "name             p50\n"
            "a            61.2 µs\n"
            "longer name      9 s\n");
}

TEST(TextTable, LinesAreIndentedAndEndWithoutSpaces) {
  EXPECT_EQ(text_table({{"", "x"}, {"row", ""}}, 2), "       x\n  row\n");
}

TEST(TextTable, OfNothingIsEmpty) { EXPECT_EQ(text_table({}), ""); }

}  // namespace
}  // namespace parlance::app
