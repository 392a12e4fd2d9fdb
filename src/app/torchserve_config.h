#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/serve_config.h"

namespace parlance::app {

/// The value of an environment variable.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads TorchServe's config.properties and sets what it asks for, in the way that TorchServe would serve:
/// gRPC on 127.0.0.1:7070 and :7071 unless it says otherwise. `$$NAME$$` in a value is a variable; with
/// enable_envvars_config=true the variables TS_… go before the file's keys. docs/from-torchserve.md has every
/// key. What is known and not used here, or not known, is put into ServeConfig::warnings.
///
/// Gives the model store, or nothing when the file names none. Errors name file and key.
std::expected<std::filesystem::path, std::string> read_torchserve_config(const std::filesystem::path& file,
                                                                         const Environment& environment,
                                                                         ServeConfig& config);

/// The same of text; `name` stands for the file in errors.
std::expected<std::filesystem::path, std::string> read_torchserve_config_text(std::string_view text,
                                                                              const std::string& name,
                                                                              const Environment& environment,
                                                                              ServeConfig& config);

}  // namespace parlance::app
