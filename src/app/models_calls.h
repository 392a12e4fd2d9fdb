#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/deadline.h"

namespace parlance::app {

/// "digits" or "digits:2"; version 0: the model's own choice, or all of them.
struct ModelName {
  std::string model;
  std::int64_t version = 0;
};

enum class ModelsAction : std::uint8_t { kList, kLoad, kUnload, kScale, kDescribe, kWatch, kBatches };

/// What `parlance models` is to do.
struct ModelsRequest {
  ModelsAction action = ModelsAction::kList;
  std::string admin;  // where the server's admin address is
  std::vector<ModelName> models;
  std::uint32_t instances = 0;          // of kScale
  std::uint32_t limit = 0;              // of kBatches; 0: all
  Duration timeout = Duration::zero();  // zero: none
  bool json = false;                    // an object a line instead of tables
};

/// Asks the server, and prints what it says. Returns the exit code: that of the call's status.
int models(const ModelsRequest& request);

}  // namespace parlance::app
