#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/serve_config.h"

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): the library's name
}

namespace parlance::app {

/// A named value of a log line.
using LogField = std::pair<std::string_view, std::string>;
using LogFields = std::vector<LogField>;

/// The server's log, on stderr. Thread-safe. Text: "09:05:00.123 info  listening  address=[::]:50051"; JSON:
/// an object a line with ts (UTC), level, msg and fields. Never hand it a payload, a prompt or a token.
class Log {
 public:
  Log(LogFormat format, LogLevel level);

  /// What is written from now on: that level and what is above it; nothing: no line at all.
  void set_level(std::optional<LogLevel> level) const;
  std::optional<LogLevel> level() const;

  void write(LogLevel level, std::string_view message, const LogFields& fields = {}) const;
  void debug(std::string_view message, const LogFields& fields = {}) const {
    write(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message, const LogFields& fields = {}) const {
    write(LogLevel::kInfo, message, fields);
  }
  void warning(std::string_view message, const LogFields& fields = {}) const {
    write(LogLevel::kWarning, message, fields);
  }
  void error(std::string_view message, const LogFields& fields = {}) const {
    write(LogLevel::kError, message, fields);
  }

 private:
  LogFormat format_;
  std::shared_ptr<spdlog::logger> logger_;
};

/// The members of a JSON log line behind ts and level: "msg" and, when there are any, "fields".
std::string json_log_members(std::string_view message, const LogFields& fields);
/// A text log line behind time and level.
std::string text_log_line(std::string_view message, const LogFields& fields);

}  // namespace parlance::app
