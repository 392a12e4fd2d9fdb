#pragma once

#include <memory>

#include "models/backend.h"

namespace parlance::models {

namespace synthetic {
class TimerThread;
}

/// An engine that waits instead of computing, for capacity trials and tests: see README.md. It needs no model
/// file; the configuration declares inputs and outputs.
class SyntheticBackend final : public Backend {
 public:
  SyntheticBackend();
  ~SyntheticBackend() override;

  std::string_view name() const override { return "synthetic"; }
  std::span<const std::string_view> extensions() const override { return {}; }
  Result<std::unique_ptr<LoadedModel>> load(const ModelSource& source, const LoadOptions& options) override;

 private:
  std::shared_ptr<synthetic::TimerThread> timer_;  // shared with the models
};

}  // namespace parlance::models
