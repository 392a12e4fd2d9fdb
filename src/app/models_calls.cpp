#include "app/models_calls.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "app/exit_codes.h"
#include "app/models_tables.h"
#include "app/status_text.h"
#include "parlance/management.parlance.h"
#include "rpc/client_call.h"

namespace parlance::app {
namespace {

using Client = management::ModelManagement::Client;

std::string json_line(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json, options);
  return printed.ok() ? json + "\n" : std::string{"{}\n"};
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Shows on a terminal what the server does while a load is waited for.
class LoadProgress {
 public:
  LoadProgress(const Client& client, const std::string& model)
      : watch_(client.WatchModels(watch_request(model))), showing_([this] { show(); }) {}
  ~LoadProgress() {
    watch_.cancel();
    showing_.join();
  }

 private:
  static management::WatchModelsRequest watch_request(const std::string& model) {
    management::WatchModelsRequest request;
    request.add_models(model);
    return request;
  }
  void show() {
    while (const auto event = watch_.read().wait()) {
      if (event->has_change()) std::fputs(change_line(*event).c_str(), stderr);
    }
  }

  ClientReader<management::ModelEvent> watch_;
  std::thread showing_;
};

class ModelsClient {
 public:
  explicit ModelsClient(const ModelsRequest& request)
      : request_(request), client_(Channel::open(request.admin)) {}

  int run() {
    switch (request_.action) {
      case ModelsAction::kList:
        return list();
      case ModelsAction::kDescribe:
        return for_each_model(&ModelsClient::describe);
      case ModelsAction::kLoad:
        return for_each_model(&ModelsClient::load);
      case ModelsAction::kUnload:
        return for_each_model(&ModelsClient::unload);
      case ModelsAction::kScale:
        return for_each_model(&ModelsClient::scale);
      case ModelsAction::kWatch:
        return watch();
      case ModelsAction::kBatches:
        return batches();
    }
    return kExitUsage;
  }

 private:
  CallOptions options() const { return {.timeout = request_.timeout}; }

  int fail(const Status& status) const {
    std::fputs(status_text(status).c_str(), stderr);
    if (status.code() == StatusCode::kUnavailable) {
      std::fprintf(
          stderr,
          "Is `parlance serve` running, and is its admin address %s? (--admin of both; the server's log "
          "names it)\n",
          request_.admin.c_str());
    }
    return static_cast<int>(status.code());
  }

  // One after the other; ends with the first that fails.
  int for_each_model(int (ModelsClient::*action)(const ModelName&)) {
    for (const ModelName& name : request_.models) {
      if (const int exit_code = (this->*action)(name); exit_code != kExitOk) return exit_code;
    }
    return kExitOk;
  }

  template <typename Message, typename Text>
  int show(const Result<Message>& answer, Text text) const {
    if (!answer) return fail(answer.error());
    print(request_.json ? json_line(*answer) : text(*answer));
    return kExitOk;
  }

  int list() const {
    management::ListModelsRequest request;
    for (const ModelName& name : request_.models) request.add_models(name.model);
    const auto models = client_.ListModels(request, options()).wait();
    if (!models || !request_.json) return show(models, models_table);
    for (const management::Model& model : models->models()) print(json_line(model));
    return kExitOk;
  }

  int describe(const ModelName& name) {
    management::DescribeModelRequest request;
    request.set_model(name.model);
    request.set_version(name.version);
    return show(client_.DescribeModel(request, options()).wait(), model_text);
  }

  int load(const ModelName& name) {
    management::LoadModelRequest request;
    request.set_model(name.model);
    request.set_version(name.version);
    std::optional<LoadProgress> progress;
    if (!request_.json && isatty(STDERR_FILENO) != 0) progress.emplace(client_, name.model);
    const auto loaded = client_.LoadModel(request, options()).wait();
    progress.reset();
    return show(loaded, [](const auto& response) { return model_text(response.model()); });
  }

  int unload(const ModelName& name) {
    management::UnloadModelRequest request;
    request.set_model(name.model);
    request.set_version(name.version);
    const auto unloaded = client_.UnloadModel(request, options()).wait();
    return show(unloaded, [&](const auto& response) { return unloaded_text(name.model, response); });
  }

  int scale(const ModelName& name) {
    management::ScaleModelRequest request;
    request.set_model(name.model);
    request.set_version(name.version);
    request.set_instances(request_.instances);
    return show(client_.ScaleModel(request, options()).wait(),
                [](const auto& response) { return model_text(response.model()); });
  }

  int batches() const {
    management::ListBatchesRequest request;
    if (!request_.models.empty()) {
      request.set_model(request_.models.front().model);
      request.set_version(request_.models.front().version);
    }
    request.set_limit(request_.limit);
    const auto batches = client_.ListBatches(request, options()).wait();
    if (!batches || !request_.json) return show(batches, batches_table);
    for (const management::Batch& batch : batches->batches()) print(json_line(batch));
    return kExitOk;
  }

  int watch() const {
    management::WatchModelsRequest request;
    for (const ModelName& name : request_.models) request.add_models(name.model);
    auto watch = client_.WatchModels(request, options());
    while (const auto event = watch.read().wait()) {
      if (request_.json) {
        print(json_line(*event));
      } else {
        print(event->has_snapshot() ? models_table(event->snapshot()) + "\n" : change_line(*event));
      }
    }
    const Status status = watch.finish().wait();
    return status.ok() ? kExitOk : fail(status);
  }

  const ModelsRequest& request_;
  const Client client_;
};

}  // namespace

int models(const ModelsRequest& request) { return ModelsClient{request}.run(); }

}  // namespace parlance::app
