#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/deadline.h"
#include "dialects/torchserve/archive.h"
#include "dialects/torchserve/model_description.h"
#include "models/repository.h"
#include "net/thread_pool.h"
#include "scheduling/scheduler.h"
#include "torchserve/management.parlance.h"

namespace parlance::dialects::torchserve {

namespace management = ::org::pytorch::serve::grpc::management;

struct ManagementOptions {
  /// The repository's folder, below which urls are looked for.
  std::filesystem::path store;
  /// Whether models may be registered and unregistered.
  bool changes_models = true;
  /// Workers of a model that is registered without a number of them; 0: as its files say.
  std::int32_t default_workers = 0;
  /// Empty: archives are refused.
  ArchiveImporter import_archive = {};
};

/// What ManagementAPIsService and its REST form change, each answered with TorchServe's sentence or its
/// exception (exceptions.h). Blocking: not on an event loop. Thread-safe.
class ModelAdmin {
 public:
  /// Both outlive it.
  ModelAdmin(models::Repository& repository, scheduling::Scheduler& scheduler, ManagementOptions options)
      : repository_(repository),
        scheduler_(scheduler),
        options_(std::move(options)),
        describer_(repository, scheduler) {}

  /// Loads a model of the store (model_url.h), an archive once it is imported, which stops when `is_wanted`
  /// says no. batch_size, max_batch_delay, initial_workers and
  /// response_timeout hold in place of what the model's files say, until it is loaded by name again. What
  /// else is asked for is named in the answer as not used. Without `synchronous` the load goes on behind the
  /// answer. ConflictStatusException when the model serves already, InvalidModelException with the reason
  /// when an archive cannot be used, InternalServerException when a model cannot be loaded.
  Result<std::string> register_model(const management::RegisterModelRequest& request,
                                     const std::function<bool()>& is_wanted);
  /// Waits until `deadline` for those who use the version.
  Result<std::string> unregister_model(const management::UnregisterModelRequest& request, Deadline deadline);
  Result<std::string> scale(const management::ScaleWorkerRequest& request);
  Result<std::string> set_default(const management::SetDefaultRequest& request);

 private:
  Result<NamedVersion> find(const management::RegisterModelRequest& request,
                            const std::function<bool()>& is_wanted) const;
  Result<std::string> load(const std::string& model, std::int64_t version, models::ConfigChange change);

  models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const ManagementOptions options_;
  const ModelDescriber describer_;
  net::ThreadPool behind_{1};  // what goes on behind an answer; last: it uses the others
};

}  // namespace parlance::dialects::torchserve
