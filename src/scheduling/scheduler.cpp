#include "scheduling/scheduler.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "base/concat.h"
#include "grpc/error_details.h"
#include "rpc/offload.h"
#include "scheduling/errors.h"
#include "scheduling/inline_run.h"
#include "scheduling/statistics_table.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling {
namespace {

VersionQueue& queue_of(const models::ModelHandle& model) {
  auto* companion = static_cast<QueueCompanion*>(model.companion());
  require(companion != nullptr, "Scheduler: the model's repository was not given queue_maker()");
  return companion->queue();
}

std::size_t thread_count(unsigned asked) {
  return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Scheduler::Scheduler(SchedulerOptions options)
    : statistics_(std::make_unique<StatisticsTable>()), workers_(thread_count(options.threads)) {}

Scheduler::~Scheduler() = default;

models::MakeCompanion Scheduler::queue_maker() {
  return [this](const std::string& model, std::int64_t version, const models::LoadedVersion& loaded) {
    auto queue = std::make_shared<VersionQueue>(loaded, statistics_->counters(model, version));
    statistics_->set_queue(model, version, queue);
    return std::make_unique<QueueCompanion>(std::move(queue));
  };
}

Task<Result<InferenceResult>> Scheduler::infer(ServerCall& call, InferenceRequest& request) {
  VersionQueue& queue = queue_of(request.model);
  request.deadline = earliest(request.deadline, call.deadline());
  InlineRun run{call, request, queue.counters()};
  if (!queue.runs_inline()) {
    auto work = [&run] { return run.await_ready(); };
    (void)co_await offload(workers_, work);
  }
  co_return co_await run;
}

std::vector<VersionStatistics> Scheduler::statistics() const { return statistics_->all(); }

std::vector<BatchRecord> Scheduler::recent_batches(std::string_view, std::int64_t) const { return {}; }

Result<void> Scheduler::scale(const models::ModelHandle& model, unsigned instances) {
  if (instances == 0 || instances > kMaxInstances)
    return std::unexpected{grpc::make_error(
        StatusCode::kInvalidArgument, "INVALID_INPUT",
        concat("instances must be 1 to ", kMaxInstances, ", got ", instances), {{"hop", "server"}})};
  if (Status status = model.engine().set_instances(instances); !status.ok())
    return std::unexpected{std::move(status)};
  queue_of(model).set_instances(instances);
  return {};
}

}  // namespace parlance::scheduling
