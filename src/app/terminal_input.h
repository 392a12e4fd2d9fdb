#pragma once

#include <optional>
#include <string>

#include "app/interrupts.h"

namespace parlance::app {

/// Lines of stdin, which an interrupt ends too.
class TerminalInput {
 public:
  explicit TerminalInput(Interrupts& interrupts) : interrupts_(interrupts) {}

  /// The next line, without its end; nothing at the end of the input or after an interrupt.
  std::optional<std::string> next_line();

 private:
  Interrupts& interrupts_;
  std::string read_;  // and not yet a line
};

}  // namespace parlance::app
