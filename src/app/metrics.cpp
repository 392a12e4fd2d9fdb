#include "app/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <sstream>
#include <utility>

#include "app/metric_families.h"
#include "app/metric_sources.h"
#include "base/version.h"

namespace parlance::app {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

void append(Families& all, Families more) { std::ranges::move(more, std::back_inserter(all)); }

Families server_metrics(const MetricSources& sources) {
  using enum prometheus::MetricType;
  const Server::MemoryUse memory = sources.server.memory();
  const auto gauge = [](const char* name, const char* help, double value) {
    MetricFamilyBuilder family{name, Gauge, help};
    family.gauge({}, value);
    return family.take();
  };
  MetricFamilyBuilder build{"parlance_build_info", Gauge, "The version of the program; 1."};
  build.gauge({{"version", kVersion}}, 1);
  Families families{build.take()};
  families.push_back(
      gauge("parlance_ready", "1 while every required model is ready.", sources.models.ready() ? 1 : 0));
  families.push_back(gauge("parlance_memory_limit_bytes", "What connections and calls may hold together.",
                           static_cast<double>(memory.limit_bytes)));
  families.push_back(
      gauge("parlance_memory_used_bytes", "What they hold.", static_cast<double>(memory.used_bytes)));
  families.push_back(gauge("parlance_memory_most_bytes", "The most they ever held.",
                           static_cast<double>(memory.most_bytes)));
  return families;
}

class Metrics final : public prometheus::Collectable {
 public:
  explicit Metrics(const MetricSources& sources) : sources_(sources) {}

  Families Collect() const override {
    Families families = server_metrics(sources_);
    append(families, call_metrics(sources_.server));
    append(families, model_metrics(sources_));
    append(families, generation_metrics(sources_.scheduler));
    append(families, process_metrics());
    return families;
  }

 private:
  const MetricSources& sources_;
};

}  // namespace

std::string metrics_text(const MetricSources& sources) {
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, Metrics{sources}.Collect());
  return std::move(text).str();
}

}  // namespace parlance::app
