#include "app/line_chart.h"

#include <gmock/gmock.h>

#include <cmath>

#include "app/quantities.h"

namespace parlance::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> texts(const std::vector<Axis::Mark>& marks) {
  std::vector<std::string> out;
  for (const Axis::Mark& mark : marks) out.push_back(mark.text);
  return out;
}

TEST(Marks, OfLogarithmsReachRoundBothEnds) {
  EXPECT_THAT(texts(logarithmic_marks(3, 40, &number_text)),
              ElementsAre("2.00", "5.00", "10.0", "20.0", "50.0"));
  EXPECT_THAT(texts(logarithmic_marks(1, 10, &number_text)), ElementsAre("1.00", "2.00", "5.00", "10.0"));
  EXPECT_EQ(logarithmic_marks(100, 1'000, &number_text).front().value, 2);
}

TEST(Marks, OfOneValueStillMakeAnAxis) {
  EXPECT_THAT(texts(logarithmic_marks(7, 7, &number_text)), ElementsAre("5.00", "10.0"));
  EXPECT_THAT(texts(logarithmic_marks(1, 1, &number_text)), ElementsAre("1.00", "2.00"));
}

TEST(Marks, OnALineAreRoundAndFew) {
  EXPECT_THAT(texts(linear_marks(10'000, &number_text)),
              ElementsAre("0", "2,000", "4,000", "6,000", "8,000", "10,000"));
  EXPECT_THAT(texts(linear_marks(3, &number_text)),
              ElementsAre("0", "0.50", "1.00", "1.50", "2.00", "2.50", "3.00"));
}

LineChart chart() {
  return {.title = "a < b & \"c\"",
          .x = {.title = "x", .marks = {{0, "0"}, {10, "10"}}},
          .y = {.title = "y", .marks = {{0, "0"}, {1, "1"}}},
          .series = {{.name = "line", .points = {{0, 0}, {5, 0.5}, {10, 1}}}}};
}

TEST(LineChart, PutsPointsWhereTheAxesSay) {
  const std::string drawn = svg({chart()});
  EXPECT_THAT(drawn, HasSubstr(R"(<polyline points="80.0,364.0 395.0,202.0 710.0,40.0")"));
  EXPECT_THAT(drawn, HasSubstr(">line</text>"));
}

TEST(LineChart, EscapesTexts) {
  EXPECT_THAT(svg({chart()}), HasSubstr(">a &lt; b &amp; &quot;c&quot;</text>"));
}

TEST(LineChart, DrawsWhatIsOutsideAtTheEnd) {
  LineChart wide = chart();
  wide.series[0].points = {{-5, 0}, {20, 7}};
  EXPECT_THAT(svg({wide}), HasSubstr(R"(points="80.0,364.0 710.0,40.0")"));
}

TEST(LineChart, SeveralStandOneBelowTheOther) {
  const std::string drawn = svg({chart(), chart()});
  EXPECT_THAT(drawn, HasSubstr(R"(viewBox="0 0 860 840")"));
  EXPECT_THAT(drawn, HasSubstr("translate(0 420)"));
}

TEST(LineChart, AnEmptySeriesIsNoError) {
  LineChart empty = chart();
  empty.series[0].points.clear();
  EXPECT_THAT(svg({empty}), HasSubstr(R"(<polyline points="")"));
}

}  // namespace
}  // namespace parlance::app
