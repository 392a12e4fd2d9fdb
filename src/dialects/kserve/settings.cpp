#include "dialects/kserve/settings.h"

#include <string>
#include <string_view>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"

namespace parlance::dialects::kserve {
namespace {

using Value = ::inference::LogSettingsRequest::SettingValue;

Status expected(std::string_view kind, std::string_view name) {
  return invalid(concat("expect ", kind, " for '", name, "'")).error();
}

Status change(const std::string& name, const Value& value, LogSettings& settings) {
  if (name == "log_verbose_level") {
    if (!value.has_uint32_param()) return expected("int32", name);
    return settings.verbose_level = value.uint32_param(), Status{};
  }
  struct Switch {
    std::string_view name;
    bool LogSettings::* at;
  };
  for (const Switch& each :
       {Switch{"log_info", &LogSettings::info}, Switch{"log_warning", &LogSettings::warning},
        Switch{"log_error", &LogSettings::error}}) {
    if (each.name != name) continue;
    if (!value.has_bool_param()) return expected("boolean", name);
    return settings.*each.at = value.bool_param(), Status{};
  }
  if (name == "log_format") {
    if (!value.has_string_param()) return expected("string", name);
    if (value.string_param() == "default") return {};
    return invalid(concat("invalid argument for log_format, got: ", value.string_param(),
                          "; the form of the log is chosen with --log-format at the start"))
        .error();
  }
  if (name == "log_file")
    return invalid("log file location can not be updated through network protocol").error();
  return invalid(concat("unknown log setting '", name, "'")).error();
}

/// As far as levels one above the other can say it.
LogSettings as_levels(LogSettings settings) {
  settings.warning &= settings.error;
  settings.info &= settings.warning;
  if (!settings.info) settings.verbose_level = 0;
  return settings;
}

}  // namespace

Result<::inference::LogSettingsResponse> answer(const ::inference::LogSettingsRequest& request,
                                                const LogControl& log) {
  if (!log.get) return std::unexpected{switched_off("the server does not support dynamic logging")};
  LogSettings settings = log.get();
  for (const auto& [name, value] : request.settings()) {
    if (Status status = change(name, value, settings); !status.ok())
      return std::unexpected{std::move(status)};
  }
  if (!request.settings().empty()) log.set(as_levels(settings));
  settings = log.get();
  ::inference::LogSettingsResponse response;
  auto& answered = *response.mutable_settings();
  answered["log_file"].set_string_param("");
  answered["log_info"].set_bool_param(settings.info);
  answered["log_warning"].set_bool_param(settings.warning);
  answered["log_error"].set_bool_param(settings.error);
  answered["log_verbose_level"].set_uint32_param(settings.verbose_level);
  answered["log_format"].set_string_param("default");
  return response;
}

Result<::inference::TraceSettingResponse> answer(const ::inference::TraceSettingRequest& request) {
  if (!request.settings().empty()) return std::unexpected{switched_off("the server does not support trace")};
  ::inference::TraceSettingResponse response;
  (*response.mutable_settings())["trace_level"].add_value("OFF");
  return response;
}

}  // namespace parlance::dialects::kserve
