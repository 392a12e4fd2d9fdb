#include "app/models_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ctime>
#include <utility>
#include <vector>

#include "app/quantities.h"
#include "app/text_table.h"

namespace parlance::app {
namespace {

using Rows = std::vector<std::vector<std::string>>;

Duration duration_of(const google::protobuf::Duration& message) {
  return std::chrono::seconds{message.seconds()} + std::chrono::nanoseconds{message.nanos()};
}

std::string number_or_dash(std::int64_t number) { return number == 0 ? "-" : fmt::format("{}", number); }
std::string text_or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string state_name(management::ModelState state) { return management::ModelState_Name(state); }

std::string time_of_day(const google::protobuf::Timestamp& at) {
  const std::time_t seconds = at.seconds();
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     at.nanos() / 1'000'000);
}

std::string names_of(const management::Model& model, const management::ModelVersion& version) {
  std::vector<std::string> names{version.labels().begin(), version.labels().end()};
  if (model.default_version() == version.version()) names.emplace_back("default");
  return text_or_dash(fmt::format("{}", fmt::join(names, ", ")));
}

std::string batching_of(const management::Batching& batching) {
  if (batching.max_batch() <= 1) return "off";
  if (batching.has_target_p99()) {
    return fmt::format("{}, p99 {}", batching.max_batch(), time_text(duration_of(batching.target_p99())));
  }
  return fmt::format("{}, {}", batching.max_batch(), time_text(duration_of(batching.max_delay())));
}

std::uint64_t requests_of(const management::VersionCounters& counters) {
  std::uint64_t sum = 0;
  for (const auto& [outcome, count] : counters.requests()) sum += count;
  return sum;
}

std::vector<std::string> row_of(const management::Model& model, const management::ModelVersion& version) {
  const bool loaded = version.has_instances();
  return {fmt::format("{}:{}", model.name(), version.version()),
          state_name(version.state()),
          names_of(model, version),
          text_or_dash(version.backend()),
          loaded ? number_or_dash(version.instances().count()) : "-",
          loaded ? batching_of(version.batching()) : "-",
          count_text(version.counters().queue_length()),
          count_text(requests_of(version.counters()))};
}

std::string spec_text(const google::protobuf::RepeatedPtrField<management::TensorSpec>& specs) {
  std::vector<std::string> texts;
  for (const auto& spec : specs) {
    texts.push_back(fmt::format("{} {} [{}]", spec.name(), spec.data_type(), fmt::join(spec.shape(), ", ")));
  }
  return fmt::format("{}", fmt::join(texts, "; "));
}

std::string counts_text(const google::protobuf::Map<std::string, std::uint64_t>& counts) {
  std::vector<std::string> texts;
  for (const auto& [name, count] : counts) texts.push_back(fmt::format("{} {}", count_text(count), name));
  std::ranges::sort(texts);
  return text_or_dash(fmt::format("{}", fmt::join(texts, ", ")));
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("  {:<12} {}\n", name, value);
}

void add_counters(std::string& text, const management::VersionCounters& counters) {
  add_line(text, "requests", counts_text(counters.requests()));
  add_line(text, "queue",
           fmt::format("{} waiting, {} on average", count_text(counters.queue_length()),
                       time_text(duration_of(counters.mean_queue_time()))));
  add_line(text, "batches",
           fmt::format("{} of {} rows, {} on average", count_text(counters.batches()),
                       count_text(counters.rows()), time_text(duration_of(counters.mean_compute_time()))));
  add_line(text, "saved work", counts_text(counters.saved_work()));
  add_line(text, "dead work",
           fmt::format("{} run for nobody, {} too late", count_text(counters.dead_work()),
                       count_text(counters.late_work())));
  add_line(text, "copied", bytes_text(static_cast<double>(counters.copied_bytes())));
}

std::string receipt_text(const management::MemoryReceipt& receipt) {
  const auto before = static_cast<double>(receipt.rss_before_bytes());
  const auto after = static_cast<double>(receipt.rss_after_bytes());
  return fmt::format("{} before, {} after, {} requests pinned it", bytes_text(before), bytes_text(after),
                     receipt.pinned_requests());
}

std::string reload_text(const management::Reload& reload) {
  const std::string state = management::Reload_State_Name(reload.state());
  return reload.reason().empty() ? state : fmt::format("{}: {}", state, reload.reason());
}

std::string version_text(const management::Model& model, const management::ModelVersion& version) {
  std::string text =
      fmt::format("\n{}:{}  {}\n", model.name(), version.version(), state_name(version.state()));
  if (!version.reason().empty()) add_line(text, "why", version.reason());
  if (version.reload().state() != management::Reload::NONE) {
    add_line(text, "reload", reload_text(version.reload()));
  }
  for (const std::string& warning : version.warnings()) add_line(text, "warning", warning);
  add_line(text, "names", names_of(model, version));
  if (version.has_instances()) {
    add_line(text, "backend", version.backend());
    add_line(text, "inputs", spec_text(version.inputs()));
    add_line(text, "outputs", spec_text(version.outputs()));
    add_line(text, "instances",
             fmt::format("{}, {} threads each", version.instances().count(), version.instances().threads()));
    add_line(text, "batching", batching_of(version.batching()));
    if (version.has_load_time()) {
      add_line(text, "loaded",
               fmt::format("in {}, {} times", time_text(duration_of(version.load_time())), version.loads()));
    }
    add_line(text, "one row", fmt::format("{} at warm-up", time_text(duration_of(version.typical_run()))));
  }
  if (version.has_counters()) add_counters(text, version.counters());
  if (version.has_unloaded()) add_line(text, "unloaded", receipt_text(version.unloaded()));
  return text;
}

}  // namespace

std::string models_table(const management::ListModelsResponse& models) {
  if (models.models().empty()) return "no models\n";
  Rows rows{{"MODEL", "STATE", "NAMES", "BACKEND", "INSTANCES", "BATCHING", "QUEUE", "REQUESTS"}};
  std::string reasons;
  for (const management::Model& model : models.models()) {
    for (const management::ModelVersion& version : model.versions()) {
      rows.push_back(row_of(model, version));
      const std::string name = rows.back().front();
      if (!version.reason().empty()) reasons += fmt::format("{}: {}\n", name, version.reason());
      if (version.reload().state() == management::Reload::FAILED) {
        reasons += fmt::format("{}: the reload failed: {}\n", name, version.reload().reason());
      }
    }
    if (!model.reason().empty()) reasons += fmt::format("{}: {}\n", model.name(), model.reason());
  }
  return text_table(rows) + (reasons.empty() ? "" : "\n" + reasons) +
         (models.ready() ? "" : "\nThe server is not ready.\n");
}

std::string model_text(const management::Model& model) {
  std::string text = fmt::format("{}  {}{}\n", model.name(), model.ready() ? "ready" : "not ready",
                                 model.required() ? ", required" : "");
  if (!model.reason().empty()) add_line(text, "why", model.reason());
  for (const management::ModelVersion& version : model.versions()) text += version_text(model, version);
  return text;
}

std::string batches_table(const management::ListBatchesResponse& batches) {
  if (batches.batches().empty()) return "no batches yet\n";
  Rows rows{{"AT", "MODEL", "REQUESTS", "ROWS", "PADDED", "WAITED", "COMPUTED", "QUEUE", "CLOSED BY"}};
  for (const management::Batch& batch : batches.batches()) {
    rows.push_back({time_of_day(batch.at()), fmt::format("{}:{}", batch.model(), batch.version()),
                    count_text(batch.requests()), count_text(batch.rows()), count_text(batch.padded_rows()),
                    time_text(duration_of(batch.waited())), time_text(duration_of(batch.computed())),
                    count_text(batch.queue_left()), batch.closed_by()});
  }
  return text_table(rows);
}

std::string change_line(const management::ModelEvent& event) {
  const management::ModelEvent::Change& change = event.change();
  std::string line = fmt::format("{}  {}", time_of_day(event.at()), change.model());
  if (change.version() != 0) line += fmt::format(":{}", change.version());
  line += fmt::format("  {}", state_name(change.state()));
  if (change.reload().state() != management::Reload::NONE) {
    line += fmt::format("  reload {}", reload_text(change.reload()));
  }
  if (!change.reason().empty()) line += fmt::format("  {}", change.reason());
  return line + "\n";
}

std::string unloaded_text(const std::string& model, const management::UnloadModelResponse& response) {
  std::string text;
  for (const auto& unloaded : response.versions()) {
    text += fmt::format("{}:{} is unloaded", model, unloaded.version());
    if (unloaded.has_receipt()) text += fmt::format(": memory {}", receipt_text(unloaded.receipt()));
    text += "\n";
  }
  return text;
}

}  // namespace parlance::app
