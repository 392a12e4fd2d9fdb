#include "app/import_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "app/exit_codes.h"
#include "models/program_folder.h"

namespace parlance::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImporterVariable = "PARLANCE_IMPORTER";
constexpr const char* kPython = "python3";

std::vector<std::string> to_arguments(const fs::path& importer, const ImportCommand& given) {
  std::vector<std::string> arguments{kPython, importer.string(), given.source};
  const std::array flags{std::pair{"--name", &given.name}, std::pair{"--repository", &given.repository},
                         std::pair{"--version", &given.version}};
  for (const auto& [flag, value] : flags) {
    if (value->empty()) continue;
    arguments.emplace_back(flag);
    arguments.push_back(*value);
  }
  if (given.half) arguments.emplace_back("--half");
  return arguments;
}

}  // namespace

CLI::App* add_import(CLI::App& app, ImportCommand& given) {
  CLI::App* import = app.add_subcommand("import", "Make a model that you have into one that is served.");
  import
      ->add_option(
          "SOURCE", given.source,
          "A GGUF file; a Hugging Face folder (config.json,\n*.safetensors, tokenizer.json); an ONNX or "
          "OpenVINO IR\nfile, or a folder with one; a .mar of TorchServe")
      ->required();
  import->add_option("--name", given.name, "What the model is called. Default: after SOURCE")
      ->type_name("NAME");
  import->add_option("--repository", given.repository, "Where to put it. Default: models/repository")
      ->type_name("DIR");
  import
      ->add_option("--version", given.version,
                   "Its version. Default: what a .mar says, else the next\nthat is free")
      ->type_name("N");
  import->add_flag("--half", given.half, "Keep weights in 16 bits: half the size, not the same\nlast digits");
  import->footer(
      "Needs python3 (3.11). The first import makes a Python environment with the packages that do\n"
      "the work; nothing else is downloaded, and model hubs are never asked.\n"
      "\n"
      "Examples:\n"
      "  parlance import SmolLM2-135M-Instruct.Q4_1.gguf --name smollm2\n"
      "  parlance import ~/models/all-MiniLM-L6-v2 --repository /srv/models\n"
      "\n"
      "Exit codes: 0, 64 wrong usage, 65 it cannot be imported, 66 there is no such source,\n"
      "69 the importer or python3 is missing.");
  return import;
}

std::optional<fs::path> find_importer() {
  std::optional<fs::path> folder = models::find_program_folder("importer", kImporterVariable);
  if (folder && !models::is_program_folder(*folder)) folder.reset();
  return folder;
}

int run_import(const ImportCommand& given) {
  std::error_code error;
  if (!fs::exists(given.source, error)) {
    std::fprintf(stderr, "parlance import: %s does not exist\n", given.source.c_str());
    return kExitNoInput;
  }
  const std::optional<fs::path> importer = find_importer();
  if (!importer) {
    std::fprintf(
        stderr,
        "parlance import: the importer is not beside this program; %s names its folder, \"importer\" of "
        "the sources\n",
        kImporterVariable);
    return kExitUnavailable;
  }
  std::vector<std::string> arguments = to_arguments(*importer, given);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execvp(kPython, pointers.data());
  std::fprintf(stderr, "parlance import: %s cannot be started: %s\n", kPython, std::strerror(errno));
  return kExitUnavailable;
}

}  // namespace parlance::app
