#include "dialects/torchserve/model_admin.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/concat.h"
#include "dialects/torchserve/exceptions.h"
#include "dialects/torchserve/model_url.h"
#include "dialects/torchserve/registered.h"
#include "dialects/torchserve/versions.h"

namespace parlance::dialects::torchserve {
namespace {

using management::RegisterModelRequest;

constexpr std::string_view kUnderWay = "Processing worker updates...";

std::unexpected<Status> refused(Exception exception, std::string_view text) {
  return std::unexpected{thrown(exception, text)};
}

/// What was asked for and has no meaning here: nothing is passed over in silence.
class Unused {
 public:
  void note(bool given, std::string_view name) {
    if (!given) return;
    if (!names_.empty()) names_ += ", ";
    names_ += name;
  }
  std::string after(std::string_view answer) const {
    return names_.empty() ? std::string{answer} : concat(answer, " (not used here: ", names_, ")");
  }

 private:
  std::string names_;
};

void take(const RegisterModelRequest& request, std::int32_t workers, models::ModelConfig& config) {
  models::BatchingConfig& batching = config.batching;
  if (request.batch_size() > 0) {
    batching.max_batch = static_cast<std::size_t>(request.batch_size());
    std::erase_if(batching.preferred, [&](std::size_t rows) { return rows > batching.max_batch; });
    std::erase_if(config.warmup.batch_sizes, [&](std::size_t rows) { return rows > batching.max_batch; });
  }
  if (request.max_batch_delay() > 0) {
    batching.max_delay = std::chrono::milliseconds{request.max_batch_delay()};
    batching.target_p99.reset();
  }
  if (request.response_timeout() > 0)
    config.queue.default_timeout = std::chrono::seconds{request.response_timeout()};
  if (workers > 0) config.instances.count = static_cast<unsigned>(workers);
}

Unused unused_of(const RegisterModelRequest& request) {
  Unused unused;
  unused.note(!request.handler().empty(), "handler");
  unused.note(!request.runtime().empty(), "runtime");
  unused.note(request.startup_timeout() > 0, "startup_timeout");
  unused.note(request.s3_sse_kms(), "s3_sse_kms");
  return unused;
}

// What can be said before anything is looked for.
Status check(const RegisterModelRequest& request) {
  constexpr auto kMost = static_cast<std::int32_t>(scheduling::Scheduler::kMaxInstances);
  if (request.initial_workers() > kMost)
    return thrown(Exception::kBadRequest,
                  concat("initial_workers must be at most ", kMost, ", got ", request.initial_workers()));
  return {};
}

Status check_is_free(const NamedVersion& asked, const models::Repository& repository) {
  for (const models::VersionStatus& status : registered(repository, asked.model))
    if (asked.version == 0 || asked.version == status.version)
      return thrown(Exception::kConflictStatus, concat("Model version ", spelled(status.version),
                                                       " is already registered for model ", asked.model));
  return {};
}

bool has_folder(const std::filesystem::path& store, const std::string& model) {
  std::error_code error;
  const bool is_list = std::filesystem::is_regular_file(store, error);  // its folders may be anywhere
  return is_list || std::filesystem::is_directory(store / model, error);
}

std::unexpected<Status> cannot_use(const std::filesystem::path& archive, const Status& why) {
  const bool is_archives = why.code() == StatusCode::kInvalidArgument;
  return refused(is_archives ? Exception::kInvalidModel : Exception::kInternalServer,
                 concat("Archive ", archive.filename().string(), " cannot be used: ", why.message()));
}

}  // namespace

// What is to be loaded; an archive becomes it.
Result<NamedVersion> ModelAdmin::find(const RegisterModelRequest& request,
                                      const std::function<bool()>& is_wanted) const {
  Result<ModelUrl> url = parse_model_url(options_.store, request.url());
  if (!url) return std::unexpected{std::move(url).error()};
  const std::string& name = request.model_name();
  if (!url->archive.empty()) {
    if (!options_.import_archive)
      return cannot_use(url->archive, Status{StatusCode::kUnimplemented, "nothing imports archives here"});
    Result<NamedVersion> imported = options_.import_archive(url->archive, name, is_wanted);
    return imported ? std::move(imported) : cannot_use(url->archive, imported.error());
  }
  if (!has_folder(options_.store, url->model))
    return refused(Exception::kModelNotFound, concat("Model not found at: ", request.url()));
  if (!name.empty() && name != url->model)
    return refused(Exception::kBadRequest,
                   concat("model_name must be that of the folder, \"", url->model, "\", got \"", name, "\""));
  return NamedVersion{.model = std::move(url->model), .version = url->version};
}

Result<std::string> ModelAdmin::register_model(const RegisterModelRequest& request,
                                               const std::function<bool()>& is_wanted) {
  if (!options_.changes_models) return refused(Exception::kModel, "Model API disabled");
  if (Status status = check(request); !status.ok()) return std::unexpected{std::move(status)};
  const Result<NamedVersion> asked = find(request, is_wanted);
  if (!asked) return std::unexpected{asked.error()};
  // A watched repository may have loaded a new one already; it is loaded again, as it was asked for.
  if (Status status = check_is_free(*asked, repository_); !asked->is_new && !status.ok())
    return std::unexpected{std::move(status)};
  const std::int32_t workers =
      request.initial_workers() > 0 ? request.initial_workers() : options_.default_workers;
  const auto change = [request, workers](models::ModelConfig& config) {
    take(request, workers, config);
    return Status{};
  };
  const Unused unused = unused_of(request);
  if (!request.synchronous()) {
    behind_.post([this, asked = *asked, change] { std::ignore = load(asked.model, asked.version, change); });
    return unused.after(kUnderWay);
  }
  Result<std::string> answer = load(asked->model, asked->version, change);
  return answer ? unused.after(*answer) : std::move(answer);
}

Result<std::string> ModelAdmin::load(const std::string& model, std::int64_t version,
                                     models::ConfigChange change) {
  const Status status = repository_.load(model, version, std::move(change));
  if (status.code() == StatusCode::kNotFound) return refused(Exception::kModelNotFound, status.message());
  if (!status.ok())
    return refused(Exception::kInternalServer,
                   concat("Failed to start workers for model ", model, ": ", status.message()));
  const std::int64_t loaded = version == 0 ? default_of(repository_, model) : version;
  return concat("Model \"", model, "\" Version: ", spelled(loaded), " registered with ",
                describer_.workers(model, loaded), " initial workers");
}

Result<std::string> ModelAdmin::unregister_model(const management::UnregisterModelRequest& request,
                                                 Deadline deadline) {
  if (!options_.changes_models) return refused(Exception::kModel, "Model API disabled");
  const std::string& model = request.model_name();
  const auto version = find_registered(repository_, model, request.model_version());
  if (!version) return std::unexpected{version.error()};
  const bool has_others = registered(repository_, model).size() > 1;
  if (has_others && version->version == default_of(repository_, model))
    return refused(Exception::kInvalidModelVersion,
                   concat("Cannot remove default version for model ", model));
  if (const Status status = repository_.unload(model, version->version, deadline); !status.ok())
    return refused(Exception::kInternalServer, status.message());
  return concat("Model \"", model, "\" unregistered");
}

Result<std::string> ModelAdmin::scale(const management::ScaleWorkerRequest& request) {
  const std::int32_t least = std::max(request.min_worker(), 1);
  const std::int32_t most = request.max_worker() > 0 ? request.max_worker() : least;
  if (most < least) return refused(Exception::kBadRequest, "max_worker cannot be less than min_worker.");
  const auto version = find_registered(repository_, request.model_name(), request.model_version());
  if (!version) return std::unexpected{version.error()};
  const std::string& model = request.model_name();
  const auto number = static_cast<unsigned>(least);
  const auto make = [this, model, number, which = version->version]() -> Status {
    const Result<models::ModelHandle> handle = repository_.find(model, which);
    if (!handle) return handle.error();
    const Result<void> scaled = scheduler_.scale(*handle, number);
    return scaled ? Status{} : scaled.error();
  };
  Unused unused;
  unused.note(most > least, "max_worker");
  unused.note(request.number_gpu() > 0, "number_gpu");
  unused.note(request.timeout() != 0, "timeout");
  if (!request.synchronous()) {
    behind_.post([make] { std::ignore = make(); });
    return unused.after(kUnderWay);
  }
  if (const Status status = make(); !status.ok()) {
    const bool bad = status.code() == StatusCode::kInvalidArgument;
    return refused(bad ? Exception::kBadRequest : Exception::kInternalServer, status.message());
  }
  std::string answer = concat("Workers scaled to ", number, " for model: ", model);
  if (!request.model_version().empty()) answer += concat(", version: ", request.model_version());
  return unused.after(answer);
}

Result<std::string> ModelAdmin::set_default(const management::SetDefaultRequest& request) {
  const auto version = find_registered(repository_, request.model_name(), request.model_version());
  if (!version && thrown_in(version.error()).kind == &kind_of(Exception::kModelVersionNotFound))
    return refused(Exception::kModelVersionNotFound,
                   concat("Model version ", request.model_version(), " does not exist for model ",
                          request.model_name()));
  if (!version) return std::unexpected{version.error()};
  const Status status = repository_.set_default(request.model_name(), version->version);
  if (!status.ok()) return refused(Exception::kModelVersionNotFound, status.message());
  return concat("Default version successfully updated for model \"", request.model_name(), "\" to \"",
                request.model_version(), "\"");
}

}  // namespace parlance::dialects::torchserve
