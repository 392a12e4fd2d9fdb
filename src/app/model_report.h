#pragma once

#include <string>
#include <vector>

#include "app/log.h"
#include "models/repository.h"

namespace parlance::app {

/// One version of a model as the start-up report shows it.
struct ModelRow {
  std::string model;
  std::string version;  // "-": the model as a whole
  std::string backend;
  std::string inputs;
  std::string outputs;
  std::string state;
  std::string load_ms;
  std::string reason;  // of FAILED, else empty
};

std::vector<ModelRow> model_rows(const models::Repository& repository);

/// The rows as a table, each line ended; a line of its own for each reason of failure.
std::string model_table(const std::vector<ModelRow>& rows);

/// The same as log lines, one a version.
void log_models(const std::vector<ModelRow>& rows, const Log& log);

}  // namespace parlance::app
