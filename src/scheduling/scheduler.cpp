#include "scheduling/scheduler.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <thread>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "interceptors/client_of.h"
#include "scheduling/alarms.h"
#include "scheduling/batch_assembly.h"
#include "scheduling/errors.h"
#include "scheduling/generation/generation_work.h"
#include "scheduling/inline_run.h"
#include "scheduling/queued_request.h"
#include "scheduling/rows.h"
#include "scheduling/statistics_table.h"
#include "scheduling/submission.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling {
namespace {

/// Runs of a model that takes batches are put together and taken apart by rows, of which every input must
/// have as many as the first.
Status check_rows(const VersionQueue& queue, const InferenceRequest& request) {
  if (queue.max_batch() <= 1) return {};
  const std::size_t expected = rows_of(request.inputs);
  for (const models::Tensor& input : request.inputs) {
    const std::size_t rows = rows_of({&input, 1});
    if (rows != expected) return different_rows(request.model.model(), input.name(), rows, expected);
  }
  return {};
}

/// As many parts as a run's largest batch asks for: usually one. `client` outlives them.
std::vector<QueuedRequest> to_parts(VersionQueue& queue, std::string_view client, InferenceRequest& request,
                                    bool streams = false) {
  const models::ModelConfig& config = queue.config();
  const std::size_t rows = rows_of(request.inputs);
  const bool splits = queue.max_batch() > 1 && rows > queue.max_batch() && !streams;
  const std::size_t rows_each = splits ? queue.max_batch() : std::max<std::size_t>(rows, 1);
  std::vector<QueuedRequest> parts(splits ? (rows + rows_each - 1) / rows_each : 1);
  const std::uint32_t priority = request.priority > 0 ? request.priority : config.priority;
  if (request.deadline.is_never() && config.queue.default_timeout > Duration::zero())
    request.deadline = Deadline::after(Clock::now(), config.queue.default_timeout);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    QueuedRequest& part = parts[i];
    part.queue = &queue;
    part.deadline = request.deadline;
    part.priority = priority > 0 ? priority : kLowestPriority;
    part.client = request.client.empty() ? client : request.client;
    part.may_batch = request.may_batch && rows > 0 && !streams;
    part.streams = streams;
    part.rows = splits ? std::min(rows_each, rows - i * rows_each) : rows_each;
    part.shape = queue.shape_key(request.inputs);
    part.inputs = splits ? slice_rows(request.inputs, i * rows_each, part.rows) : std::move(request.inputs);
    part.is_sequence = queue.keeps_state();
    part.is_counted = i == 0;
    part.step = part.is_sequence && request.sequence ? &*request.sequence : nullptr;
  }
  return parts;
}

/// Of a part that failed. Callers whom it makes sense for are told when to come back, as retry policies are.
Status error_of(ServerCall& call, const QueuedRequest& failed) {
  const Status& status = failed.result->error();
  if (const auto retry = grpc::find_detail<grpc::RetryInfo>(status))
    call.set_retry_pushback(std::chrono::ceil<std::chrono::milliseconds>(retry->retry_delay));
  return status;
}

/// The parts' results as that of one request.
InferenceResult join(std::span<QueuedRequest> parts) {
  InferenceResult all = **std::move(parts.front().result);
  if (parts.size() == 1) return all;
  std::vector<models::Tensors> outputs;
  outputs.push_back(std::move(all.outputs));
  for (QueuedRequest& part : parts.subspan(1)) {
    all.queued = std::max(all.queued, (*part.result)->queued);
    all.computed += (*part.result)->computed;
    all.copied_bytes += (*part.result)->copied_bytes;
    outputs.push_back(std::move((*part.result)->outputs));
  }
  std::size_t joined_bytes = 0;
  all.outputs = join_rows(outputs, joined_bytes);
  all.copied_bytes += joined_bytes;
  parts.front().queue->counters().copied(joined_bytes);
  return all;
}

std::size_t thread_count(unsigned asked) {
  return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

Scheduler::Scheduler(SchedulerOptions options)
    : statistics_(std::make_unique<StatisticsTable>()),
      generation_(std::make_unique<GenerationTable>()),
      alarms_(std::make_unique<Alarms>()),
      workers_(std::make_unique<net::ThreadPool>(thread_count(options.threads))) {}

Scheduler::~Scheduler() = default;

models::MakeCompanion Scheduler::companion_maker() {
  return [this](const std::string& model, std::int64_t version,
                const models::LoadedVersion& loaded) -> std::unique_ptr<models::VersionCompanion> {
    if (loaded.model->decoder() != nullptr)
      return std::make_unique<GenerationWork>(model, version, loaded, *generation_, *workers_);
    auto queue = std::make_shared<VersionQueue>(model, loaded, statistics_->counters(model, version),
                                                *workers_, *alarms_);
    statistics_->set_queue(model, version, queue);
    loaded.model->watch_instances([weak = std::weak_ptr{queue}](unsigned instances) {
      if (const std::shared_ptr<VersionQueue> alive = weak.lock()) alive->set_instances(instances);
    });
    return std::make_unique<QueueWork>(std::move(queue), *workers_);
  };
}

Task<Result<InferenceResult>> Scheduler::infer(ServerCall& call, InferenceRequest& request) {
  if (request.model.makes_text()) co_return std::unexpected{takes_no_tensors(request.model.model())};
  VersionQueue& queue = *work_of(request.model).queue();
  request.deadline = earliest(request.deadline, call.deadline());
  if (queue.runs_inline()) {
    InlineRun run{call, request, queue.counters()};
    co_return co_await run;
  }
  if (Status status = check_rows(queue, request); !status.ok()) co_return std::unexpected{std::move(status)};
  const std::string client = interceptors::client_of(call);
  std::vector<QueuedRequest> parts = to_parts(queue, client, request);
  Submission submission{call, parts};
  co_await submission;
  if (const QueuedRequest* failed = submission.failed()) co_return error_of(call, *failed);
  co_return join(parts);
}

Result<std::unique_ptr<TensorStream>> Scheduler::infer_stream(ServerCall& call, InferenceRequest& request) {
  if (request.model.makes_text()) return std::unexpected{takes_no_tensors(request.model.model())};
  VersionQueue& queue = *work_of(request.model).queue();
  if (Status status = check_rows(queue, request); !status.ok()) return std::unexpected{std::move(status)};
  request.deadline = earliest(request.deadline, call.deadline());
  // A state goes from one whole run to the next, so a step of a sequence is answered as one.
  const bool streams = request.model.engine().streams() && !queue.keeps_state();
  return std::make_unique<TensorStream>(call, interceptors::client_of(call),
                                        to_parts(queue, {}, request, streams));
}

Task<BatchResult> Scheduler::infer_all(ServerCall& call, std::span<InferenceRequest* const> requests) {
  const std::string client = interceptors::client_of(call);
  std::vector<std::size_t> ends;  // of each request's parts
  std::vector<QueuedRequest> parts;
  BatchResult all;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const models::ModelHandle& model = requests[i]->model;
    all.status = model.makes_text() ? takes_no_tensors(model.model())
                                    : check_rows(*work_of(model).queue(), *requests[i]);
    if (all.status.ok()) continue;
    all.failed = i;
    co_return all;
  }
  for (InferenceRequest* request : requests) {
    request->deadline = earliest(request->deadline, call.deadline());
    std::vector<QueuedRequest> own = to_parts(*work_of(request->model).queue(), client, *request);
    std::ranges::move(own, std::back_inserter(parts));
    ends.push_back(parts.size());
  }
  Submission submission{call, parts};
  co_await submission;
  if (const QueuedRequest* failed = submission.failed()) {
    all.failed = static_cast<std::size_t>(
        std::ranges::upper_bound(ends, static_cast<std::size_t>(failed - parts.data())) - ends.begin());
    all.status = error_of(call, *failed);
    co_return all;
  }
  std::size_t first = 0;
  for (const std::size_t end : ends) {
    all.results.push_back(join(std::span{parts}.subspan(first, end - first)));
    first = end;
  }
  co_return all;
}

void Scheduler::end_sequence(std::string_view model, std::int64_t version, const std::string& id) {
  if (const std::shared_ptr<VersionQueue> queue = statistics_->queue(model, version)) queue->end_sequence(id);
}

std::vector<VersionStatistics> Scheduler::statistics() const { return statistics_->all(); }

std::vector<VersionGeneration> Scheduler::generation() const { return generation_->all(); }

std::vector<BatchRecord> Scheduler::recent_batches(std::string_view model, std::int64_t version) const {
  const std::shared_ptr<VersionQueue> queue = statistics_->queue(model, version);
  return queue == nullptr ? std::vector<BatchRecord>{} : queue->recent_batches();
}

Result<void> Scheduler::scale(const models::ModelHandle& model, unsigned instances) {
  if (instances == 0 || instances > kMaxInstances)
    return std::unexpected{grpc::make_error(
        StatusCode::kInvalidArgument, "INVALID_INPUT",
        concat("instances must be 1 to ", kMaxInstances, ", got ", instances), {{"hop", "server"}})};
  if (Status status = model.engine().set_instances(instances); !status.ok())
    return std::unexpected{std::move(status)};
  work_of(model).queue()->set_instances(instances);
  return {};
}

}  // namespace parlance::scheduling
