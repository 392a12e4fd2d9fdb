#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "app/serve_config.h"

namespace parlance::app {

/// Reads YAML whose keys are the names of serve_settings() and sets what it names; the rest of `config`
/// stays.
///
///     listen: ["[::]:50051", "unix:/run/parlance.sock"]
///     threads: 4
///     shutdown-grace: 10s
///
/// Errors name file, line and key, and say what is allowed: "serve.yaml:2: unknown key 'thread'; did you mean
/// 'threads'? Keys: listen, …". An empty file sets nothing.
std::expected<void, std::string> read_config_file(const std::filesystem::path& file, ServeConfig& config);

/// The same for text; `name` stands for the file in errors.
std::expected<void, std::string> read_config_text(const std::string& text, const std::string& name,
                                                  ServeConfig& config);

}  // namespace parlance::app
