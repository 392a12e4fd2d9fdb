#include <array>
#include <string>

#include "app/metric_families.h"
#include "app/metric_sources.h"

namespace parlance::app {
namespace {

using prometheus::MetricType;
using scheduling::VersionStatistics;

constexpr std::array<std::uint64_t, 12> kRowsBounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1'024, 2'048};

constexpr std::array kStates{models::VersionState::kLoading,  models::VersionState::kWarming,
                             models::VersionState::kReady,    models::VersionState::kDraining,
                             models::VersionState::kUnloaded, models::VersionState::kFailed};

void add_batch_rows(MetricFamilyBuilder& family, MetricLabels labels, const VersionStatistics& version) {
  std::array<std::uint64_t, kRowsBounds.size() + 1> counts{};
  for (const auto& batch : version.batches) {
    const auto* bound = std::ranges::lower_bound(kRowsBounds, batch.rows);
    counts[static_cast<std::size_t>(bound - kRowsBounds.begin())] += batch.compute_infer.count;
  }
  family.histogram(labels, kRowsBounds, counts, static_cast<double>(version.inference_count));
}

// The families that the scheduler's counters fill, version by version.
class SchedulingMetrics {
 public:
  void add(const VersionStatistics& version) {
    const std::string number = std::to_string(version.version);
    const MetricLabels labels{{"model", version.model}, {"version", number}};
    const auto outcome = [&](std::string_view name, const scheduling::DurationSum& sum) {
      requests_.counter({{"model", version.model}, {"version", number}, {"outcome", name}},
                        static_cast<double>(sum.count));
    };
    outcome("ok", version.success);
    outcome("failed", version.fail);
    outcome("cancelled", version.cancelled);
    outcome("expired", version.expired);
    outcome("refused", version.refused);
    queue_seconds_.histogram(labels, version.queue_latency);
    compute_seconds_.histogram(labels, version.compute_latency);
    add_batch_rows(batch_rows_, labels, version);
    queue_length_.gauge(labels, static_cast<double>(version.waiting));
    running_.gauge(labels, static_cast<double>(version.running));
    instances_.gauge(labels, version.instances);
    batch_delay_.gauge(labels, std::chrono::duration<double>(version.max_delay).count());
    dead_work_.counter(labels, static_cast<double>(version.dead_work));
    late_work_.counter(labels, static_cast<double>(version.late_work));
    add_saved(version.model, number, version.saved);
    copied_bytes_.counter(labels, static_cast<double>(version.copied_bytes));
  }

  /// Of any version, also one that makes text.
  void add_saved(std::string_view model, std::string_view number, const scheduling::SavedWork& work) {
    const auto saved = [&](std::string_view reason, std::uint64_t count) {
      saved_work_.counter({{"model", model}, {"version", number}, {"reason", reason}},
                          static_cast<double>(count));
    };
    saved("cancelled", work.cancelled);
    saved("expired", work.expired);
    saved("refused", work.refused);
  }

  std::vector<prometheus::MetricFamily> take() {
    std::vector<prometheus::MetricFamily> families;
    for (MetricFamilyBuilder* family :
         {&requests_, &queue_seconds_, &compute_seconds_, &batch_rows_, &queue_length_, &running_,
          &instances_, &batch_delay_, &dead_work_, &late_work_, &saved_work_, &copied_bytes_}) {
      families.push_back(family->take());
    }
    return families;
  }

 private:
  MetricFamilyBuilder requests_{"parlance_requests_total", MetricType::Counter,
                                "Inference requests that ended, by how."};
  MetricFamilyBuilder queue_seconds_{"parlance_queue_seconds", MetricType::Histogram,
                                     "How long requests that were run had waited."};
  MetricFamilyBuilder compute_seconds_{"parlance_compute_seconds", MetricType::Histogram,
                                       "How long the run took that a request was part of."};
  MetricFamilyBuilder batch_rows_{"parlance_batch_rows", MetricType::Histogram, "Rows of a run."};
  MetricFamilyBuilder queue_length_{"parlance_queue_length", MetricType::Gauge, "Requests that wait."};
  MetricFamilyBuilder running_{"parlance_running", MetricType::Gauge, "Runs under way."};
  MetricFamilyBuilder instances_{"parlance_instances", MetricType::Gauge,
                                 "Runs that may be made at a time; 0: not loaded."};
  MetricFamilyBuilder batch_delay_{
      "parlance_batch_delay_seconds", MetricType::Gauge,
      "How long a batch waits for more, as configured or as the controller found."};
  MetricFamilyBuilder dead_work_{"parlance_dead_work_total", MetricType::Counter,
                                 "Requests whose run began though nobody waited for them any more."};
  MetricFamilyBuilder late_work_{"parlance_late_work_total", MetricType::Counter,
                                 "Requests whose run began in time and was for nobody when it ended."};
  MetricFamilyBuilder saved_work_{
      "parlance_saved_work_total", MetricType::Counter,
      "Requests that were dropped or refused instead of run, or stopped on the way."};
  MetricFamilyBuilder copied_bytes_{"parlance_copied_bytes_total", MetricType::Counter,
                                    "Tensor bytes copied between a request, its batch and its answer."};
};

prometheus::MetricFamily state_family(const std::vector<models::VersionStatus>& versions) {
  MetricFamilyBuilder family{"parlance_model_state", MetricType::Gauge,
                             "1 for the state that a version is in, 0 for the others."};
  for (const models::VersionStatus& version : versions) {
    const std::string number = std::to_string(version.version);
    for (const models::VersionState state : kStates) {
      family.gauge({{"model", version.model}, {"version", number}, {"state", models::to_string(state)}},
                   version.state == state ? 1 : 0);
    }
  }
  return family.take();
}

// The families that say where versions stand.
void add_states(const std::vector<models::VersionStatus>& versions,
                std::vector<prometheus::MetricFamily>& families) {
  MetricFamilyBuilder load{"parlance_model_load_seconds", MetricType::Gauge,
                           "How long the last load took, to READY."};
  MetricFamilyBuilder loads{"parlance_model_loads_total", MetricType::Counter,
                            "How often the version became READY."};
  MetricFamilyBuilder reload{"parlance_model_reload_failed", MetricType::Gauge,
                             "1 when the last reload failed and the version from before serves on."};
  for (const models::VersionStatus& version : versions) {
    const std::string number = std::to_string(version.version);
    const MetricLabels labels{{"model", version.model}, {"version", number}};
    loads.counter(labels, static_cast<double>(version.loads));
    reload.gauge(labels, version.reload.state == models::Reload::State::kFailed ? 1 : 0);
    if (version.loads > 0) load.gauge(labels, std::chrono::duration<double>(version.load_time).count());
  }
  families.push_back(state_family(versions));
  families.push_back(load.take());
  families.push_back(loads.take());
  families.push_back(reload.take());
}

}  // namespace

std::vector<prometheus::MetricFamily> model_metrics(const MetricSources& sources) {
  SchedulingMetrics scheduling;
  for (const VersionStatistics& version : sources.scheduler.statistics()) scheduling.add(version);
  for (const scheduling::VersionGeneration& version : sources.scheduler.generation())
    scheduling.add_saved(version.model, std::to_string(version.version), version.statistics.saved);
  std::vector<prometheus::MetricFamily> families = scheduling.take();
  add_states(sources.models.versions(), families);
  return families;
}

}  // namespace parlance::app
