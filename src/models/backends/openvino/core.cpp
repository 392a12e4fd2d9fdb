#include "models/backends/openvino/core.h"

#include <cstdlib>

namespace parlance::models::openvino {

ov::Core new_core() {
#ifdef __SANITIZE_ADDRESS__
  // The engine's TBB loads a library of its own with RTLD_DEEPBIND, at which AddressSanitizer ends the
  // program.
  setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
  return ov::Core{};
}

}  // namespace parlance::models::openvino
