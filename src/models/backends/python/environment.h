#pragma once

#include <filesystem>
#include <string>

#include "base/status.h"
#include "models/backend.h"

namespace parlance::models::python {

/// The Python that runs the model in `source`: the one that its configuration names; else that of the
/// environment made for the requirements.txt beside it; else python3 of PATH. With `install: true` the
/// environment is made when there is none, which takes as long as it takes; else that is
/// FAILED_PRECONDITION and says how to make it.
Result<std::string> find_interpreter(const ModelSource& source, const std::filesystem::path& program);

}  // namespace parlance::models::python
