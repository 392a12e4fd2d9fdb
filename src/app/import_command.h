#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace parlance::app {

struct ImportCommand {
  std::string source;
  std::string name;
  std::string repository;
  std::string version;
  bool half = false;
};

/// The command with its flags.
CLI::App* add_import(CLI::App& app, ImportCommand& given);

/// The folder of the importer, a Python program: importer/ of the source tree, share/parlance/importer of an
/// installation, or what PARLANCE_IMPORTER names; nothing when there is none.
std::optional<std::filesystem::path> find_importer();

/// Becomes the importer, with the Python of PATH: returns only when that cannot be started, the exit code,
/// having told why on stderr.
int run_import(const ImportCommand& given);

}  // namespace parlance::app
