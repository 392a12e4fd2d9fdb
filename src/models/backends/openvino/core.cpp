#include "models/backends/openvino/core.h"

#include <cstdlib>

namespace parlance::models::openvino {

ov::Core new_core() {
#ifdef __SANITIZE_ADDRESS__
  // The engine's TBB loads a library of its own with RTLD_DEEPBIND, at which AddressSanitizer ends the
  // program.
  setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
  ov::Core core;
  // A file that is mapped is unmapped under a model that is just being read from it when another one of the
  // same file goes, as at every reload: the process ends (2026.4).
  core.set_property(ov::enable_mmap(false));
  return core;
}

}  // namespace parlance::models::openvino
