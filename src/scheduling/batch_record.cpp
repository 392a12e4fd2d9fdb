#include "scheduling/batch_record.h"

#include <array>

namespace parlance::scheduling {

std::string_view to_string(BatchReason reason) {
  static constexpr std::array<std::string_view, 7> kNames{"size",     "preferred", "delay",   "deadline",
                                                          "priority", "alone",     "sequence"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace parlance::scheduling
