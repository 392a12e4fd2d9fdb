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

Task<Result<messages::UnloadModelResponse>> ModelManagementHandler::UnloadModel(
    ServerCall& call, Incoming<messages::UnloadModelRequest> request) {
  auto work = [this, &call, &request] { return unload(*request, call.deadline()); };
  auto response = co_await offload(workers_, work);
  co_return response;
}

Result<messages::UnloadModelResponse> ModelManagementHandler::unload(
    const messages::UnloadModelRequest& request, Deadline deadline) {
  std::vector<std::int64_t> versions;
  if (request.version() != 0) versions.push_back(request.version());
  for (const models::VersionStatus& status : repository_.versions()) {
    const bool is_meant = request.version() == 0 && status.model == request.model();
    if (is_meant && status.state == models::VersionState::kReady) versions.push_back(status.version);
  }
  if (versions.empty()) versions.push_back(0);  // the repository says what is wrong
  messages::UnloadModelResponse response;
  for (const std::int64_t version : versions) {
    const Status status = repository_.unload(request.model(), version, deadline);
    if (!status.ok()) return std::unexpected{status};
    response.add_versions()->set_version(version);
  }
  return response;
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
