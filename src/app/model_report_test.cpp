#include "app/model_report.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

TEST(ModelTable, LinesUpItsColumnsAndGivesAFailureALine) {
  const std::vector<ModelRow> rows = {
      {"digits", "12", "openvino", "features FP32 [-1, 64]", "probabilities FP32 [-1, 10]", "READY", "116",
       ""},
      {"broken", "-", "-", "-", "-", "FAILED", "3", "no model file in the version's folder"},
  };
  EXPECT_EQ(
      model_table(rows),
      "MODEL   VERSION  BACKEND   INPUTS                  OUTPUTS                      STATE   LOAD MS\n"
      "digits       12  openvino  features FP32 [-1, 64]  probabilities FP32 [-1, 10]  READY       116\n"
      "broken        -  -         -                       -                            FAILED        3\n"
      "  no model file in the version's folder\n");
}

}  // namespace
}  // namespace parlance::app
