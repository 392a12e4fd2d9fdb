#include "scheduling/version_work.h"

#include "base/assert.h"

namespace parlance::scheduling {

VersionWork& work_of(const models::ModelHandle& model) {
  auto* work = static_cast<VersionWork*>(model.companion());
  require(work != nullptr, "Scheduler: the model's repository was not given companion_maker()");
  return *work;
}

}  // namespace parlance::scheduling
