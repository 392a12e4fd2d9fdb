#include "dialects/torchserve/model_description.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "dialects/torchserve/exceptions.h"
#include "dialects/torchserve/registered.h"
#include "dialects/torchserve/versions.h"

namespace parlance::dialects::torchserve {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

constexpr std::int32_t kLongestPage = 100;
constexpr unsigned kFirstWorker = 9000;  // as TorchServe numbers them

std::string pretty(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

template <typename Unit>
std::int64_t whole(Duration duration) {
  return std::chrono::duration_cast<Unit>(duration).count();
}

// "2025-03-14T09:26:53.589Z", when it was `at`.
std::string date_of(TimePoint at) {
  const auto since = std::chrono::duration_cast<milliseconds>(Clock::now() - at);
  const auto when = std::chrono::floor<milliseconds>(system_clock::now()) - since;
  const auto second = std::chrono::floor<seconds>(when);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", second, (when - second).count());
}

Json workers_of(const models::ModelHandle& model, unsigned count) {
  Json workers = Json::array();
  for (unsigned index = 0; index < count; ++index)
    workers.push_back({{"id", std::to_string(kFirstWorker + index)},
                       {"startTime", date_of(model.began())},
                       {"status", "READY"},
                       {"memoryUsage", 0},
                       {"pid", getpid()},
                       {"gpu", false},
                       {"gpuUsage", "N/A"}});
  return workers;
}

Json tensors_of(const std::vector<models::TensorSpec>& specs) {
  Json tensors = Json::array();
  for (const models::TensorSpec& spec : specs)
    tensors.push_back(
        {{"name", spec.name}, {"datatype", models::to_string(spec.type)}, {"shape", spec.shape}});
  return tensors;
}

struct Load {
  unsigned workers = 1;  // a model that makes text has one loop
  std::size_t waiting = 0;
  Duration max_delay{};
};

Load load_of(const scheduling::Scheduler& scheduler, std::string_view model, std::int64_t version) {
  for (const auto& each : scheduler.statistics())
    if (each.model == model && each.version == version)
      return {.workers = each.instances, .waiting = each.waiting, .max_delay = each.max_delay};
  for (const auto& each : scheduler.generation())
    if (each.model == model && each.version == version) return {.waiting = each.statistics.waiting};
  return {};
}

void add_settings(Json& json, const models::ModelHandle& model, const Load& load) {
  const models::ModelConfig& config = model.config();
  const bool makes_text = model.makes_text();
  const std::size_t most_running = config.generation ? config.generation->max_running : 1;
  json["engine"] = model.backend();
  json["runtime"] = model.backend();
  json["minWorkers"] = load.workers;
  json["maxWorkers"] = load.workers;
  json["batchSize"] = makes_text ? most_running : config.batching.max_batch;
  json["maxBatchDelay"] = whole<milliseconds>(load.max_delay);
  json["responseTimeout"] = whole<seconds>(config.queue.default_timeout);
  json["continuousBatching"] = makes_text;
  json["stateful"] = !config.sequence.states.empty();
  json["sequenceMaxIdleMSec"] = whole<milliseconds>(config.sequence.max_idle);
  json["maxNumSequence"] = config.sequence.max_sequences;
}

Json queue_of(const models::ModelHandle& model, const Load& load) {
  const models::ModelConfig& config = model.config();
  const std::size_t room = config.generation ? config.generation->max_waiting : config.queue.max_size;
  return {{"remainingCapacity", room - std::min(room, load.waiting)}, {"pendingRequests", load.waiting}};
}

}  // namespace

Result<std::string> ModelDescriber::describe(std::string_view model, std::string_view version,
                                             bool customized) const {
  std::vector<models::VersionStatus> asked;
  if (version == "all") asked = registered(repository_, model);
  if (asked.empty()) {
    const auto one = find_registered(repository_, model, version == "all" ? "" : version);
    if (!one) return std::unexpected{one.error()};
    asked.push_back(*one);
  }
  const std::vector<std::string> first = repository_.required();
  Json all = Json::array();
  for (const models::VersionStatus& status : asked) {
    Json json{
        {"modelName", status.model}, {"modelVersion", spelled(status.version)}, {"modelUrl", status.model}};
    const Result<models::ModelHandle> handle = repository_.find(status.model, status.version);
    const Load load = load_of(scheduler_, status.model, status.version);
    if (handle) add_settings(json, *handle, load);
    json["loadedAtStartup"] = std::ranges::find(first, status.model) != first.end();
    json["workers"] = handle ? workers_of(*handle, load.workers) : Json::array();
    if (handle) json["jobQueueStatus"] = queue_of(*handle, load);
    if (handle && customized)
      json["customizedMetadata"] = {{"inputs", tensors_of(handle->signature().inputs)},
                                    {"outputs", tensors_of(handle->signature().outputs)}};
    all.push_back(std::move(json));
  }
  return pretty(all);
}

std::string ModelDescriber::list(std::int32_t limit, std::int32_t next_page_token) const {
  const std::vector<std::string> names = registered(repository_);
  const auto count = static_cast<std::int64_t>(names.size());
  const std::int64_t page = limit > 0 && limit <= kLongestPage ? limit : kLongestPage;
  const std::int64_t first = std::clamp<std::int64_t>(next_page_token, 0, count);
  const std::int64_t last = std::min(first + page, count);
  Json json = Json::object();
  if (last < count) json["nextPageToken"] = std::to_string(last);
  json["models"] = Json::array();
  for (std::int64_t index = first; index < last; ++index) {
    const std::string& name = names[static_cast<std::size_t>(index)];
    json["models"].push_back({{"modelName", name}, {"modelUrl", name}});
  }
  return pretty(json);
}

unsigned ModelDescriber::workers(std::string_view model, std::int64_t version) const {
  return load_of(scheduler_, model, version).workers;
}

}  // namespace parlance::dialects::torchserve
