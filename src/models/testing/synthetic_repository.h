#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/concat.h"
#include "models/backends/synthetic/synthetic_backend.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"

namespace parlance::models::testing {

/// A model whose runs take no time and hand back their input "x", FP32 [-1, 2].
inline constexpr std::string_view kEcho =
    "backend: synthetic\n"
    "inputs: [{name: x, type: FP32, shape: [-1, 2]}]\n"
    "outputs: [{name: y, type: FP32, shape: [-1, 2]}]\n";

inline BackendRegistry synthetic_backends() {
  BackendRegistry registry;
  registry.add(std::make_unique<SyntheticBackend>());
  return registry;
}

/// A folder of such models. A version's folder has one file, so that it can change.
class EchoFolder : public TempFolder {
 public:
  void add(const std::string& model, std::int64_t version) const {
    write(concat(model, "/", version, "/weights"), std::to_string(++writes_));
    if (!std::filesystem::exists(path() / model / "model.yaml")) configure(model);
  }
  /// The same with other files.
  void touch(const std::string& model, std::int64_t version) const {
    write(concat(model, "/", version, "/weights"), std::string(static_cast<std::size_t>(++writes_), 'x'));
  }
  void configure(const std::string& model, const std::string& more = {}) const {
    write(model + "/model.yaml", std::string{kEcho} + more);
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(path() / name); }

 private:
  mutable int writes_ = 0;
};

/// "model version STATE" of each.
inline std::vector<std::string> states(const Repository& repository) {
  std::vector<std::string> all;
  for (const VersionStatus& each : repository.versions())
    all.push_back(concat(each.model, " ", each.version, " ", to_string(each.state)));
  return all;
}

}  // namespace parlance::models::testing
