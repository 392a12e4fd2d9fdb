#pragma once

#include <memory>
#include <string>

#include "models/grammar/grammars.h"
#include "models/model_version.h"
#include "net/thread_pool.h"
#include "scheduling/generation/generation_loop.h"
#include "scheduling/generation/generation_table.h"
#include "scheduling/version_work.h"

namespace parlance::scheduling {

/// How a version is run, as its configuration and its files say.
GenerationLimits limits_of(const models::LoadedVersion& loaded);

/// What a version that makes text keeps: its loop, for as long as it is loaded.
class GenerationWork final : public VersionWork {
 public:
  /// `loaded` has a decoder, and lives longer than this, as do the others.
  GenerationWork(const std::string& model, std::int64_t version, const models::LoadedVersion& loaded,
                 GenerationTable& table, net::ThreadPool& workers);
  ~GenerationWork() override;

  GenerationLoop* generation() override { return loop_.get(); }
  models::Grammars* grammars() override { return &grammars_; }
  net::ThreadPool& workers() override { return workers_; }

 private:
  const std::string model_;
  const std::int64_t version_;
  GenerationTable& table_;
  net::ThreadPool& workers_;
  const std::shared_ptr<GenerationLoop> loop_;
  models::Grammars grammars_;
};

}  // namespace parlance::scheduling
