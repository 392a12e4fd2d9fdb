#include "app/usage.h"

#include <cstdio>

#include "app/exit_codes.h"

namespace parlance::app {

int usage_error(const std::string& text) {
  std::fprintf(stderr, "%s\nRun with --help for more.\n", text.c_str());
  return kExitUsage;
}

}  // namespace parlance::app
