#include "dialects/kserve/model_statistics.h"

#include <deque>
#include <string>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::dialects::kserve {
namespace {

using DurationFields = ::inference::StatisticDurationFields;
using Batch = ::inference::InferBatchStatisticsFields;
using scheduling::BatchSizeStatistics;
using scheduling::DurationSum;
using scheduling::VersionStatistics;

DurationFields to_fields(const DurationSum& sum) { return {.count = sum.count, .ns = sum.ns}; }

DurationSum failed(const VersionStatistics& of) {
  DurationSum sum;
  for (const DurationSum& part : {of.fail, of.cancelled, of.expired, of.refused}) {
    sum.count += part.count;
    sum.ns += part.ns;
  }
  return sum;
}

/// The message of one version; it is borrowed from until the response is written.
class VersionMessage {
 public:
  explicit VersionMessage(const VersionStatistics& of)
      : of_(of),
        version_(std::to_string(of.version)),
        success_(to_fields(of.success)),
        fail_(to_fields(failed(of))),
        queue_(to_fields(of.queue)),
        compute_input_(to_fields(of.compute_input)),
        compute_infer_(to_fields(of.compute_infer)),
        compute_output_(to_fields(of.compute_output)) {
    parts_.reserve(3 * of.batches.size());
    for (const BatchSizeStatistics& batch : of.batches) add(batch);
  }
  VersionMessage(const VersionMessage&) = delete;
  VersionMessage& operator=(const VersionMessage&) = delete;

  ::inference::ModelStatisticsFields fields() const {
    const auto last = std::chrono::floor<std::chrono::milliseconds>(of_.last_inference.time_since_epoch());
    return {.name = of_.model,
            .version = version_,
            .last_inference = static_cast<std::uint64_t>(last.count()),
            .inference_count = of_.inference_count,
            .execution_count = of_.execution_count,
            .inference_stats = &requests_,
            .batch_stats = batches_};
  }

 private:
  void add(const BatchSizeStatistics& batch) {
    parts_.push_back(to_fields(batch.compute_input));
    parts_.push_back(to_fields(batch.compute_infer));
    parts_.push_back(to_fields(batch.compute_output));
    const DurationFields* const parts = parts_.data() + parts_.size() - 3;
    batches_.push_back({.batch_size = batch.rows,
                        .compute_input = &parts[0],
                        .compute_infer = &parts[1],
                        .compute_output = &parts[2]});
  }

  const VersionStatistics& of_;
  const std::string version_;
  const DurationFields success_, fail_, queue_, compute_input_, compute_infer_, compute_output_;
  const ::inference::InferStatisticsFields requests_{.success = &success_,
                                                     .fail = &fail_,
                                                     .queue = &queue_,
                                                     .compute_input = &compute_input_,
                                                     .compute_infer = &compute_infer_,
                                                     .compute_output = &compute_output_};
  std::vector<DurationFields> parts_;  // of the batches, three each
  std::vector<Batch> batches_;
};

bool is_asked_for(const ::inference::ModelStatisticsRequestView& request, const VersionStatistics& version) {
  return (request.name().empty() || request.name() == version.model) &&
         (request.version().empty() || request.version() == std::to_string(version.version));
}

}  // namespace

Result<Written<::inference::ModelStatisticsResponseFields>> write_statistics(
    const ::inference::ModelStatisticsRequestView& request,
    const std::vector<VersionStatistics>& statistics) {
  std::deque<VersionMessage> messages;
  std::vector<::inference::ModelStatisticsFields> fields;
  for (const VersionStatistics& version : statistics) {
    if (is_asked_for(request, version)) fields.push_back(messages.emplace_back(version).fields());
  }
  if (fields.empty() && !request.name().empty())
    return std::unexpected{grpc::make_error(
        StatusCode::kNotFound, "MODEL_NOT_FOUND",
        request.version().empty()
            ? concat("requested model '", request.name(), "' is not available")
            : concat("requested model version is not available for model '", request.name(), "'"),
        {{"hop", "server"}, {"observed", std::string{request.name()}}})};
  return Written<::inference::ModelStatisticsResponseFields>{
      ::inference::ModelStatisticsResponseFields{.model_stats = fields}};
}

}  // namespace parlance::dialects::kserve
