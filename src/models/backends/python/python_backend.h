#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "models/backend.h"

namespace parlance::models {

struct PythonBackendOptions {
  /// The folder "pyworker"; empty: that of this program.
  std::filesystem::path program;
  /// A line that a model's code wrote to standard output or error, or that says what became of its process.
  /// On any thread. Empty: they go to the server's standard error.
  std::function<void(std::string_view model, std::string_view line)> log;
};

/// Runs model.py in processes of its own: see README.md.
class PythonBackend final : public Backend {
 public:
  explicit PythonBackend(PythonBackendOptions options = {}) : options_(std::move(options)) {}

  std::string_view name() const override { return "python"; }
  std::span<const std::string_view> extensions() const override;
  std::span<const std::string_view> own_files() const override;
  unsigned usual_instances(unsigned one_a_core) const override;
  Result<std::unique_ptr<LoadedModel>> load(const ModelSource& source, const LoadOptions& options) override;

 private:
  const PythonBackendOptions options_;
};

}  // namespace parlance::models
