#include "app/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace parlance::app {
namespace {

constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                             spdlog::level::err};

// What is not UTF-8 must not end the program from within its log.
std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool needs_quotes(std::string_view text) {
  return text.empty() ||
         std::ranges::any_of(text, [](unsigned char c) { return c <= ' ' || c == '"' || c == '='; });
}

}  // namespace

std::string json_log_members(std::string_view message, const LogFields& fields) {
  std::string members = fmt::format(R"("msg":{})", json_text(message));
  if (fields.empty()) return members;
  nlohmann::ordered_json object;
  for (const auto& [name, value] : fields) object[std::string{name}] = value;
  return members + fmt::format(R"(,"fields":{})", json_text(object));
}

std::string text_log_line(std::string_view message, const LogFields& fields) {
  std::string line{message};
  for (const auto& [name, value] : fields) {
    line += fmt::format("  {}={}", name, needs_quotes(value) ? json_text(value) : value);
  }
  return line;
}

Log::Log(LogFormat format, LogLevel level)
    : format_(format),
      logger_(std::make_shared<spdlog::logger>("parlance",
                                               std::make_shared<spdlog::sinks::stderr_color_sink_mt>())) {
  if (format_ == LogFormat::kJson) {
    logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  } else {
    logger_->set_pattern("%H:%M:%S.%e %^%-7l%$ %v");
  }
  logger_->set_level(kLevels[static_cast<std::size_t>(level)]);
  logger_->flush_on(spdlog::level::debug);
}

void Log::set_level(std::optional<LogLevel> level) const {
  logger_->set_level(level ? kLevels[static_cast<std::size_t>(*level)] : spdlog::level::off);
}

std::optional<LogLevel> Log::level() const {
  const auto at = std::ranges::find(kLevels, logger_->level());
  if (at == kLevels.end()) return std::nullopt;
  return static_cast<LogLevel>(at - kLevels.begin());
}

void Log::write(LogLevel level, std::string_view message, const LogFields& fields) const {
  const auto as = kLevels[static_cast<std::size_t>(level)];
  if (!logger_->should_log(as)) return;
  logger_->log(
      as, format_ == LogFormat::kJson ? json_log_members(message, fields) : text_log_line(message, fields));
}

}  // namespace parlance::app
