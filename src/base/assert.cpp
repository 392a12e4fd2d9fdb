#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace parlance {

void contract_broken(const char* what, std::source_location where) {
  std::fprintf(stderr, "parlance: contract broken: %s (%s:%u, %s)\n", what, where.file_name(), where.line(),
               where.function_name());
  std::abort();
}

}  // namespace parlance
