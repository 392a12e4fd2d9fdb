#pragma once

#include <string>

#include "parlance/management.pb.h"

namespace parlance::app {

namespace management = ::parlance::management::v1;

// What `parlance models` prints on a terminal: tables, each line ended.

/// A line for each version, and one under it for why it is not READY.
std::string models_table(const management::ListModelsResponse& models);
/// All that is known of one model.
std::string model_text(const management::Model& model);
std::string batches_table(const management::ListBatchesResponse& batches);
/// One line: "18:04:05.250  digits  2  READY".
std::string change_line(const management::ModelEvent& event);
/// "digits 2 unloaded: 12.0 MB of memory given back (…)", a line for each version.
std::string unloaded_text(const std::string& model, const management::UnloadModelResponse& response);

}  // namespace parlance::app
