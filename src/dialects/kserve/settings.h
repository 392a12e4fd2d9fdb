#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "kserve/grpc_service.pb.h"

namespace parlance::dialects::kserve {

/// What is logged, in Triton's words.
struct LogSettings {
  std::uint32_t verbose_level = 0;  // 0: nothing more than info
  bool info = true;
  bool warning = true;
  bool error = true;

  bool operator==(const LogSettings&) const = default;
};

/// The log of the server; both may be called on any thread.
struct LogControl {
  std::function<LogSettings()> get;  // empty: nothing is known of the log
  std::function<void(const LogSettings&)> set;
};

/// Changes what the request names, all or nothing, and says what then holds. Levels are one above the other:
/// without errors there are no warnings, without warnings no infos, without infos nothing verbose.
/// INVALID_ARGUMENT in Triton's words for a value of the wrong kind, an unknown setting, a log file (which
/// would be written on the server's disk) and a format other than the one there is; UNAVAILABLE when nothing
/// is known of the log.
Result<::inference::LogSettingsResponse> answer(const ::inference::LogSettingsRequest& request,
                                                const LogControl& log);

/// Nothing is traced, and that is what is answered. UNAVAILABLE for a request that changes something.
Result<::inference::TraceSettingResponse> answer(const ::inference::TraceSettingRequest& request);

}  // namespace parlance::dialects::kserve
