#pragma once

#include <memory>

#include "models/grammar/grammars.h"
#include "models/model_version.h"
#include "net/thread_pool.h"

namespace parlance::scheduling {

class GenerationLoop;
class VersionQueue;

/// What the scheduler keeps of a loaded version: where its requests wait and who runs them.
class VersionWork : public models::VersionCompanion {
 public:
  /// Of a model that takes tensors; null: it makes text.
  virtual VersionQueue* queue() { return nullptr; }
  /// Of a model that makes text; null: it takes tensors.
  virtual GenerationLoop* generation() { return nullptr; }
  /// Of a model that makes text; null: it takes tensors.
  virtual models::Grammars* grammars() { return nullptr; }
  /// For what is too long for an event loop.
  virtual net::ThreadPool& workers() = 0;
};

/// Of a version whose repository was given Scheduler::companion_maker() (checked).
VersionWork& work_of(const models::ModelHandle& model);

}  // namespace parlance::scheduling
