#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/models_calls.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace parlance::app {

/// What the command line gave of `models`; numbers and times in its words.
struct ModelsCommand {
  ModelsRequest request;
  std::vector<std::string> models;  // "MODEL" or "MODEL:VERSION"
  std::string instances;
  std::string limit;
  std::string timeout;
  bool json = false;
  bool table = false;
  const CLI::App* app = nullptr;
};

/// The command with its subcommands and flags.
CLI::App* add_models(CLI::App& app, ModelsCommand& given);

/// Tells on stderr that there is no such action, and which was meant. Returns the exit code.
int unknown_models_action(std::string_view word);

/// Checks what was given, and runs it. Returns the exit code.
int run_models(ModelsCommand& given);

}  // namespace parlance::app
