#include "dialects/management/service.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "grpc/error_details.h"
#include "rpc/offload.h"

namespace parlance::dialects::management {
namespace {

using std::chrono::system_clock;

Status shutting_down() {
  return grpc::make_error(StatusCode::kUnavailable, "SHUTTING_DOWN", "the server is shutting down",
                          {{"hop", "server"}});
}

bool is_wanted(const messages::WatchModelsRequest& request, const std::string& model) {
  return request.models().empty() || std::ranges::find(request.models(), model) != request.models().end();
}

}  // namespace

Task<Result<messages::ListModelsResponse>> ModelManagementHandler::ListModels(
    ServerCall&, Incoming<messages::ListModelsRequest> request) {
  co_return describer_.list(request->models());
}

Task<Result<messages::Model>> ModelManagementHandler::DescribeModel(
    ServerCall&, Incoming<messages::DescribeModelRequest> request) {
  co_return describer_.describe(request->model(), request->version());
}

Task<Result<messages::LoadModelResponse>> ModelManagementHandler::LoadModel(
    ServerCall&, Incoming<messages::LoadModelRequest> request) {
  auto work = [this, &request] { return load(*request); };
  auto response = co_await offload(workers_, work);
  co_return response;
}

Result<messages::LoadModelResponse> ModelManagementHandler::load(const messages::LoadModelRequest& request) {
  if (const Status status = repository_.load(request.model(), request.version()); !status.ok()) {
    return std::unexpected{status};
  }
  Result<messages::Model> model = describer_.describe(request.model(), request.version());
  if (!model) return std::unexpected{model.error()};
  messages::LoadModelResponse response;
  *response.mutable_model() = *std::move(model);
  return response;
}

Task<Result<messages::UnloadModelResponse>> ModelManagementHandler::UnloadModel(
    ServerCall& call, Incoming<messages::UnloadModelRequest> request) {
  auto work = [this, &call, &request] { return unload(*request, call.deadline()); };
  auto response = co_await offload(workers_, work);
  co_return response;
}

// `version`, or with 0 every one that is READY; 0 again when there is none: the repository says what is
// wrong.
std::vector<std::int64_t> ModelManagementHandler::versions_meant(const std::string& model,
                                                                 std::int64_t version) const {
  if (version != 0) return {version};
  std::vector<std::int64_t> versions;
  for (const models::VersionStatus& status : repository_.versions()) {
    if (status.model == model && status.state == models::VersionState::kReady) {
      versions.push_back(status.version);
    }
  }
  return versions.empty() ? std::vector<std::int64_t>{0} : versions;
}

Result<messages::UnloadModelResponse> ModelManagementHandler::unload(
    const messages::UnloadModelRequest& request, Deadline deadline) {
  messages::UnloadModelResponse response;
  for (const std::int64_t version : versions_meant(request.model(), request.version())) {
    const Status status = repository_.unload(request.model(), version, deadline);
    if (!status.ok()) return std::unexpected{status};
    response.add_versions()->set_version(version);
  }
  for (const models::VersionStatus& status : repository_.versions()) {
    for (auto& unloaded : *response.mutable_versions()) {
      const bool is_it = status.model == request.model() && status.version == unloaded.version();
      if (is_it && status.receipt) *unloaded.mutable_receipt() = to_message(*status.receipt);
    }
  }
  return response;
}

Task<Result<messages::ScaleModelResponse>> ModelManagementHandler::ScaleModel(
    ServerCall&, Incoming<messages::ScaleModelRequest> request) {
  auto work = [this, &request] { return scale(*request); };
  auto response = co_await offload(workers_, work);
  co_return response;
}

Result<messages::ScaleModelResponse> ModelManagementHandler::scale(
    const messages::ScaleModelRequest& request) {
  for (const std::int64_t version : versions_meant(request.model(), request.version())) {
    const auto handle = repository_.find(request.model(), version);
    if (!handle) return std::unexpected{handle.error()};
    if (const auto scaled = scheduler_.scale(*handle, request.instances()); !scaled) {
      return std::unexpected{scaled.error()};
    }
  }
  Result<messages::Model> model = describer_.describe(request.model(), request.version());
  if (!model) return std::unexpected{model.error()};
  messages::ScaleModelResponse response;
  *response.mutable_model() = *std::move(model);
  return response;
}

Task<Result<messages::ListBatchesResponse>> ModelManagementHandler::ListBatches(
    ServerCall&, Incoming<messages::ListBatchesRequest> request) {
  co_return describer_.batches(request->model(), request->version(), request->limit());
}

Task<Status> ModelManagementHandler::WatchModels(ServerCall& call,
                                                 Incoming<messages::WatchModelsRequest> request,
                                                 Writer<messages::ModelEvent>& out) {
  ModelFeed feed{changes_, call};
  std::optional<ModelFeed::News> news{ModelFeed::News{.missed = true, .changes = {}}};
  while (news) {
    messages::ModelEvent event;
    if (news->missed) {
      *event.mutable_at() = to_message(system_clock::now());
      *event.mutable_snapshot() = describer_.list(request->models());
      const bool is_read = co_await out.write(event);
      if (!is_read) break;
    }
    for (const ModelFeed::Change& change : news->changes) {
      if (!is_wanted(*request, change.status.model)) continue;
      *event.mutable_at() = to_message(change.at);
      *event.mutable_change() = to_message(change.status);
      event.mutable_change()->set_server_ready(repository_.ready());
      const bool is_read = co_await out.write(event);
      if (!is_read) co_return shutting_down();  // nobody sees it
    }
    news = co_await feed.next();
  }
  co_return shutting_down();  // nobody sees it when the caller has gone
}

}  // namespace parlance::dialects::management
