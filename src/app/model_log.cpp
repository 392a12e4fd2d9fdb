#include "app/model_log.h"

#include "app/values.h"

namespace parlance::app {
namespace {

LogFields named(const models::VersionStatus& status) {
  LogFields fields;
  fields.emplace_back("model", status.model);
  if (status.version != 0) fields.emplace_back("version", std::to_string(status.version));
  return fields;
}

LogFields with(LogFields fields, std::string_view name, std::string value) {
  fields.emplace_back(name, std::move(value));
  return fields;
}

std::string in_ms(Duration duration) {
  return format_duration(std::chrono::ceil<std::chrono::milliseconds>(duration));
}

}  // namespace

LogFields receipt_fields(const models::VersionStatus& status, const models::MemoryReceipt& receipt) {
  LogFields fields = named(status);
  fields.emplace_back("rss_before_bytes", std::to_string(receipt.rss_before_bytes));
  fields.emplace_back("rss_after_bytes", std::to_string(receipt.rss_after_bytes));
  fields.emplace_back("pinned_requests", std::to_string(receipt.pinned));
  fields.emplace_back("waited", in_ms(receipt.waited));
  return fields;
}

ModelLog::ModelLog(models::Repository& repository, const Log& log)
    : log_(log),
      subscription_(
          repository.subscribe([this](const models::VersionStatus& status) { on_change(status); })) {
  for (const models::VersionStatus& status : repository.versions()) warn(status);
}

void ModelLog::on_change(const models::VersionStatus& status) {
  using State = models::VersionState;
  Seen& seen = seen_[{status.model, status.version}];
  if (status.receipt && status.receipt->at != seen.freed) {
    seen.freed = status.receipt->at;
    log_.info("model freed", receipt_fields(status, *status.receipt));
  }
  if (status.state == State::kFailed) {
    log_.error("model not loaded", with(named(status), "reason", status.reason));
  } else if (status.reload.state == models::Reload::State::kFailed) {
    log_.error("model not reloaded, the one from before serves",
               with(named(status), "reason", status.reload.reason));
  } else if (status.state == State::kReady && status.loads != seen.loads &&
             status.reload.state == models::Reload::State::kNone) {
    seen.loads = status.loads;
    log_.info("model loaded", with(named(status), "after", in_ms(status.load_time)));
    warn(status);
  }
  if (status.state == State::kUnloaded) seen_.erase({status.model, status.version});
}

void ModelLog::warn(const models::VersionStatus& status) const {
  for (const std::string& warning : status.warnings)
    log_.warning("model configuration", with(named(status), "warning", warning));
}

}  // namespace parlance::app
