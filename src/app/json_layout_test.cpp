#include "app/json_layout.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

TEST(LayoutJson, WhatFitsStandsOnOneLine) {
  EXPECT_EQ(layout_json(R"({"status":"SERVING"})"), "{\"status\": \"SERVING\"}\n");
  EXPECT_EQ(layout_json(R"({})"), "{}\n");
  EXPECT_EQ(layout_json(R"([])"), "[]\n");
  EXPECT_EQ(layout_json(R"("a, \"b\" {")"), "\"a, \\\"b\\\" {\"\n");
  EXPECT_EQ(layout_json("1.5e-19"), "1.5e-19\n");
}

TEST(LayoutJson, WhatDoesNotFitIsIndentedPartByPart) {
  EXPECT_EQ(layout_json(R"({"id":"a\\","list":[{"x":1,"y":[]},{"x":2,"y":{}}],"n":null})", 30),
            "{\n"
            "  \"id\": \"a\\\\\",\n"
            "  \"list\": [\n"
            "    {\"x\": 1, \"y\": []},\n"
            "    {\"x\": 2, \"y\": {}}\n"
            "  ],\n"
            "  \"n\": null\n"
            "}\n");
}

TEST(LayoutJson, LongListsOfScalarsFillLines) {
  EXPECT_EQ(layout_json(R"({"p":[0.125,0.25,0.5,1,"x,y",true]})", 20),
            "{\n"
            "  \"p\": [\n"
            "    0.125, 0.25,\n"
            "    0.5, 1, \"x,y\",\n"
            "    true\n"
            "  ]\n"
            "}\n");
}

}  // namespace
}  // namespace parlance::app
