#include "app/log_control.h"

#include <optional>

namespace parlance::app {
namespace {

using dialects::kserve::LogSettings;

LogSettings to_settings(std::optional<LogLevel> level) {
  return {.verbose_level = level && *level <= LogLevel::kDebug ? 1U : 0U,
          .info = level && *level <= LogLevel::kInfo,
          .warning = level && *level <= LogLevel::kWarning,
          .error = level.has_value()};
}

std::optional<LogLevel> to_level(const LogSettings& settings) {
  if (settings.verbose_level > 0) return LogLevel::kDebug;
  if (settings.info) return LogLevel::kInfo;
  if (settings.warning) return LogLevel::kWarning;
  if (settings.error) return LogLevel::kError;
  return std::nullopt;
}

}  // namespace

dialects::kserve::LogControl log_control(const Log& log) {
  return {.get = [&log] { return to_settings(log.level()); },
          .set =
              [&log](const LogSettings& settings) {
                log.set_level(to_level(settings));
                log.warning("log settings were changed by a caller");
              }};
}

}  // namespace parlance::app
