#include "models/backends/python/environment.h"

#include <vector>

#include "models/load_failure.h"
#include "models/program_run.h"

namespace parlance::models::python {

Result<std::string> find_interpreter(const ModelSource& source, const std::filesystem::path& program,
                                     const LogLines& log, const std::stop_token& stop) {
  constexpr const char* kPython = "python3";
  const PythonConfig& config = source.config.python;
  if (!config.interpreter.empty()) return config.interpreter;
  const std::filesystem::path requirements = source.file.parent_path() / "requirements.txt";
  if (!std::filesystem::exists(requirements)) return kPython;
  std::vector<std::string> command{kPython, program.string(), "environment", requirements.string()};
  if (config.install) {
    log("packages of requirements.txt that are missing are being installed");
    command.emplace_back("--install");
  }
  const Result<ProgramOutcome> said =
      run_program(std::move(command), [&stop] { return !stop.stop_requested(); });
  if (!said) return std::unexpected{said.error()};
  const std::string last = said->last_line();
  if (said->exit_code == 0) return last;
  if (stop.stop_requested()) return load_failure("the server is stopping");
  return load_failure(last.empty() ? "the environment for requirements.txt cannot be asked for" : last);
}

}  // namespace parlance::models::python
