#include <map>
#include <string>

#include "app/metric_families.h"
#include "app/metric_sources.h"

namespace parlance::app {
namespace {

using prometheus::MetricType;
using scheduling::GenerationStatistics;
using scheduling::VersionGeneration;

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// The families of versions that make text.
class GenerationMetrics {
 public:
  void add(const VersionGeneration& version) {
    const std::string number = std::to_string(version.version);
    const MetricLabels labels{{"model", version.model}, {"version", number}};
    const GenerationStatistics& all = version.statistics;
    add_sequences(version.model, number, all);
    waiting_.gauge(labels, static_cast<double>(all.waiting));
    running_.gauge(labels, static_cast<double>(all.running));
    paused_.gauge(labels, static_cast<double>(all.paused));
    pages_.gauge(labels, static_cast<double>(all.pages));
    pages_used_.gauge(labels, static_cast<double>(all.pages_in_use));
    prompt_tokens_.counter(labels, static_cast<double>(all.prompt_tokens));
    prefix_hits_.counter(labels, static_cast<double>(all.planner.cached_tokens));
    recomputed_.counter(labels, static_cast<double>(all.planner.recomputed_tokens));
    tokens_.counter(labels, static_cast<double>(all.tokens));
    saved_.counter(labels, static_cast<double>(all.saved_tokens));
    steps_.counter(labels, static_cast<double>(all.steps.count));
    step_seconds_.counter(labels, static_cast<double>(all.steps.ns) * 1e-9);
    first_token_.histogram(labels, all.time_to_first_token);
    inter_token_.histogram(labels, all.inter_token);
    by_model_[version.model] += all;
  }

  std::vector<prometheus::MetricFamily> take() {
    for (const auto& [model, all] : by_model_) add_other_names(model, all);
    std::vector<prometheus::MetricFamily> families;
    for (MetricFamilyBuilder* family : {&sequences_,
                                        &waiting_,
                                        &running_,
                                        &paused_,
                                        &pages_,
                                        &pages_used_,
                                        &prompt_tokens_,
                                        &prefix_hits_,
                                        &recomputed_,
                                        &tokens_,
                                        &saved_,
                                        &steps_,
                                        &step_seconds_,
                                        &first_token_,
                                        &inter_token_,
                                        &gen_ai_first_token_,
                                        &gen_ai_output_token_,
                                        &pool_waiting_,
                                        &pool_running_,
                                        &pool_cache_use_}) {
      families.push_back(family->take());
    }
    return families;
  }

 private:
  void add_sequences(std::string_view model, std::string_view number, const GenerationStatistics& all) {
    const auto outcome = [&](std::string_view name, std::uint64_t count) {
      sequences_.counter({{"model", model}, {"version", number}, {"outcome", name}},
                         static_cast<double>(count));
    };
    outcome("stop", all.stopped);
    outcome("length", all.complete);
    outcome("failed", all.failed);
    outcome("unloaded", all.unloaded);
    outcome("cancelled", all.saved.cancelled);
    outcome("expired", all.saved.expired);
    outcome("refused", all.saved.refused);
    outcome("slow_reader", all.slow_readers);
  }

  // What OpenTelemetry's conventions for generative AI and the Gateway API's inference extension ask for.
  void add_other_names(std::string_view model, const GenerationStatistics& all) {
    const MetricLabels gen_ai{{"gen_ai_operation_name", "text_completion"},
                              {"gen_ai_provider_name", "parlance"},
                              {"gen_ai_request_model", model}};
    gen_ai_first_token_.histogram(gen_ai, all.time_to_first_token);
    gen_ai_output_token_.histogram(gen_ai, all.inter_token);
    const MetricLabels pool{{"model_name", model}};
    pool_waiting_.gauge(pool, static_cast<double>(all.waiting));
    pool_running_.gauge(pool, static_cast<double>(all.running));
    pool_cache_use_.gauge(pool, ratio(all.pages_in_use, all.pages));
  }

  std::map<std::string, GenerationStatistics> by_model_;  // what has no label for the version
  MetricFamilyBuilder sequences_{"parlance_sequences_total", MetricType::Counter,
                                 "Sequences that ended, by how."};
  MetricFamilyBuilder waiting_{"parlance_sequences_waiting", MetricType::Gauge,
                               "Sequences that wait for a place or for pages."};
  MetricFamilyBuilder running_{"parlance_sequences_running", MetricType::Gauge,
                               "Sequences that steps are made of."};
  MetricFamilyBuilder paused_{"parlance_sequences_paused", MetricType::Gauge,
                              "Sequences whose reader is behind."};
  MetricFamilyBuilder pages_{"parlance_pages", MetricType::Gauge, "Pages of keys and values there are."};
  MetricFamilyBuilder pages_used_{"parlance_pages_used", MetricType::Gauge, "Pages that sequences hold."};
  MetricFamilyBuilder prompt_tokens_{"parlance_prompt_tokens_total", MetricType::Counter,
                                     "Tokens of the prompts that were begun."};
  MetricFamilyBuilder prefix_hits_{"parlance_prefix_hit_tokens_total", MetricType::Counter,
                                   "Prompt tokens whose pages were known: not computed anew."};
  MetricFamilyBuilder recomputed_{"parlance_recomputed_tokens_total", MetricType::Counter,
                                  "Stored tokens that were thrown away when pages ran out."};
  MetricFamilyBuilder tokens_{"parlance_tokens_total", MetricType::Counter, "Tokens made."};
  MetricFamilyBuilder saved_{"parlance_saved_tokens_total", MetricType::Counter,
                             "Tokens that were not made because nobody waited for them any more."};
  MetricFamilyBuilder steps_{"parlance_steps_total", MetricType::Counter, "Steps of the engine."};
  MetricFamilyBuilder step_seconds_{"parlance_step_seconds_total", MetricType::Counter,
                                    "How long all steps took together."};
  MetricFamilyBuilder first_token_{"parlance_time_to_first_token_seconds", MetricType::Histogram,
                                   "From a request's arrival to its first token."};
  MetricFamilyBuilder inter_token_{"parlance_inter_token_seconds", MetricType::Histogram,
                                   "From a sequence's token to its next, but not while it pauses."};
  MetricFamilyBuilder gen_ai_first_token_{"gen_ai_server_time_to_first_token_seconds", MetricType::Histogram,
                                          "parlance_time_to_first_token_seconds by OpenTelemetry's name."};
  MetricFamilyBuilder gen_ai_output_token_{"gen_ai_server_time_per_output_token_seconds",
                                           MetricType::Histogram,
                                           "parlance_inter_token_seconds by OpenTelemetry's name."};
  MetricFamilyBuilder pool_waiting_{"vllm:num_requests_waiting", MetricType::Gauge,
                                    "parlance_sequences_waiting by the name that inference gateways read."};
  MetricFamilyBuilder pool_running_{"vllm:num_requests_running", MetricType::Gauge,
                                    "parlance_sequences_running by the name that inference gateways read."};
  MetricFamilyBuilder pool_cache_use_{"vllm:kv_cache_usage_perc", MetricType::Gauge,
                                      "Pages in use, 0 to 1, by the name that inference gateways read."};
};

}  // namespace

std::vector<prometheus::MetricFamily> generation_metrics(const scheduling::Scheduler& scheduler) {
  GenerationMetrics metrics;
  for (const VersionGeneration& version : scheduler.generation()) metrics.add(version);
  return metrics.take();
}

}  // namespace parlance::app
