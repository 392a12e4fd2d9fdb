#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/status.h"
#include "models/backend.h"
#include "models/backends/python/worker_log.h"

namespace parlance::models::python {

/// The Python that runs the model in `source`: the one that its configuration names; else that of the
/// environment made for the requirements.txt beside it; else python3 of PATH. With `install: true` the
/// environment is made when there is none, which takes as long as it takes, or until `stop`, and is told to
/// `log`; else that is FAILED_PRECONDITION and says how to make it.
Result<std::string> find_interpreter(const ModelSource& source, const std::filesystem::path& program,
                                     const LogLines& log, const std::stop_token& stop);

}  // namespace parlance::models::python
