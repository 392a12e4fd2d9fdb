#include "models/backends/python/python_backend.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "base/concat.h"
#include "models/backends/python/environment.h"
#include "models/backends/python/python_model.h"
#include "models/load_failure.h"
#include "models/program_folder.h"

namespace parlance::models {
namespace {

constexpr std::array<std::string_view, 1> kOwnFiles{"model.py"};
constexpr const char* kProgramVariable = "PARLANCE_PYWORKER";

python::LogLines log_of(const PythonBackendOptions& options, std::string model) {
  if (options.log)
    return [log = options.log, model = std::move(model)](std::string_view line) { log(model, line); };
  return [model = std::move(model)](std::string_view line) {
    const std::string text = concat(model, ": ", line, "\n");
    std::fwrite(text.data(), 1, text.size(), stderr);
  };
}

Result<std::filesystem::path> find_program(const PythonBackendOptions& options) {
  if (!options.program.empty()) return options.program;
  const auto folder = find_program_folder("pyworker", kProgramVariable);
  if (folder && is_program_folder(*folder)) return *folder;
  return load_failure(concat("what runs Python models is not beside this program; ", kProgramVariable,
                             " names its folder, \"pyworker\" of the sources"));
}

}  // namespace

// Not every .py beside a model's file makes that a Python model.
std::span<const std::string_view> PythonBackend::extensions() const { return kOwnFiles; }
std::span<const std::string_view> PythonBackend::own_files() const { return kOwnFiles; }

/// Each is a process with a copy of the model, so nobody gets several without asking.
unsigned PythonBackend::usual_instances(unsigned /*one_a_core*/) const { return 1; }

Result<std::unique_ptr<LoadedModel>> PythonBackend::load(const ModelSource& source,
                                                         const LoadOptions& options) {
  if (source.config.run == RunPlace::kLoop)
    return load_failure("\"run: loop\" is not for a Python model: its runs are made by other processes");
  const Result<std::filesystem::path> program = find_program(options_);
  if (!program) return std::unexpected{program.error()};
  const ModelSource absolute{.file = std::filesystem::absolute(source.file), .config = source.config};
  const python::LogLines log =
      log_of(options_, absolute.file.parent_path().parent_path().filename().string());
  const Result<std::string> interpreter = python::find_interpreter(absolute, *program, log, options.stop);
  if (!interpreter) return std::unexpected{interpreter.error()};
  const python::WorkersOptions workers{
      .command = {.interpreter = *interpreter, .program = *program, .threads = std::max(options.threads, 1U)},
      .load = python::load_message(absolute, options),
      .config = source.config.python,
      .log = log,
      .stop = options.stop};
  return python::PythonModel::start(workers, std::max(options.instances, 1U));
}

}  // namespace parlance::models
