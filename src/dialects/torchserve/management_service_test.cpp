// TorchServe's management service behind a real server, on models that need no engine.

#include "dialects/torchserve/management_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/testing/synthetic_repository.h"
#include "rpc/channel.h"
#include "rpc/server.h"

namespace parlance::dialects::torchserve {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;
using Client = management::ManagementAPIsService::Client;

constexpr CallOptions kPatience{.timeout = 30s};
constexpr std::string_view kBadRequest = "\norg.pytorch.serve.http.BadRequestException";
constexpr std::string_view kModelNotFound = "\norg.pytorch.serve.archive.model.ModelNotFoundException";

/// A failure as a client sees it, an answer as its text.
std::string told(const Result<management::ManagementResponse>& response) {
  if (response) return response->msg();
  return std::string{to_string(response.error().code())} + " " + std::string{response.error().message()};
}

std::string with(std::string text, std::string_view more) { return text += more; }

/// Two versions of "noop", and "second".
class TorchServeManagement : public ::testing::Test {
 protected:
  TorchServeManagement() {
    for (const std::int64_t version : {1, 2}) folder_.add("noop", version);
    folder_.add("second", 1);
    EXPECT_TRUE(repository_.load().ok());
    server_.add(std::make_shared<ManagementApisHandler>(
        repository_, scheduler_,
        ManagementOptions{
            .store = folder_.path(),
            .default_workers = 2,
            .import_archive = [this](const auto& archive, const auto& name, const auto& is_wanted) {
              EXPECT_TRUE(is_wanted());
              return import_archive(archive.stem().string(), name);
            }}));
    const Result<void> started = server_.start();
    EXPECT_TRUE(started) << started.error().to_string();
    client_.emplace(Channel::open("127.0.0.1:" + std::to_string(server_.ports().at(0))));
  }

  /// Makes version 3 of the model.
  Result<NamedVersion> import_archive(const std::string& archive, const std::string& name) const {
    if (archive == "unusable")
      return std::unexpected{Status{StatusCode::kInvalidArgument, "its handler imports ts"}};
    if (archive == "unlucky") return std::unexpected{Status{StatusCode::kInternal, "the disk is full"}};
    const std::string& model = name.empty() ? archive : name;
    const bool is_new = !std::filesystem::exists(folder_.path() / model);
    if (is_new) folder_.add(model, 3);
    return NamedVersion{.model = model, .version = 3, .is_new = is_new};
  }

  std::string register_model(const std::string& url,
                             const std::function<void(management::RegisterModelRequest&)>& more = {}) {
    management::RegisterModelRequest request;
    request.set_url(url);
    request.set_synchronous(true);
    if (more) more(request);
    return told(client_->RegisterModel(request, kPatience).wait());
  }
  std::string unregister(const std::string& model, const std::string& version = {}) {
    management::UnregisterModelRequest request;
    request.set_model_name(model);
    request.set_model_version(version);
    return told(client_->UnregisterModel(request, kPatience).wait());
  }
  std::string describe(const std::string& model, const std::string& version = {}, bool customized = false) {
    management::DescribeModelRequest request;
    request.set_model_name(model);
    request.set_model_version(version);
    request.set_customized(customized);
    return told(client_->DescribeModel(request, kPatience).wait());
  }
  std::string scale(const std::string& model, std::int32_t least, std::int32_t most = 0,
                    const std::string& version = {}, bool synchronous = true) {
    management::ScaleWorkerRequest request;
    request.set_model_name(model);
    request.set_model_version(version);
    request.set_min_worker(least);
    request.set_max_worker(most);
    request.set_synchronous(synchronous);
    return told(client_->ScaleWorker(request, kPatience).wait());
  }
  std::string set_default(const std::string& model, const std::string& version) {
    management::SetDefaultRequest request;
    request.set_model_name(model);
    request.set_model_version(version);
    return told(client_->SetDefault(request, kPatience).wait());
  }
  std::string list(std::int32_t limit, std::int32_t token) {
    management::ListModelsRequest request;
    request.set_limit(limit);
    request.set_next_page_token(token);
    return told(client_->ListModels(request, kPatience).wait());
  }

  models::testing::EchoFolder folder_;
  scheduling::Scheduler scheduler_;
  models::Repository repository_{
      {.root = folder_.path(), .threads_per_model = 1, .make_companion = scheduler_.companion_maker()},
      models::testing::synthetic_backends()};
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::optional<Client> client_;
};

TEST_F(TorchServeManagement, ListsModelsInPages) {
  EXPECT_EQ(list(0, 0), R"({
  "models": [
    {
      "modelName": "noop",
      "modelUrl": "noop"
    },
    {
      "modelName": "second",
      "modelUrl": "second"
    }
  ]
})");
  EXPECT_EQ(Json::parse(list(1, 0)).at("nextPageToken"), "1");
  const Json second = Json::parse(list(1, 1));
  EXPECT_EQ(second.at("models").at(0).at("modelName"), "second");
  EXPECT_FALSE(second.contains("nextPageToken"));
  EXPECT_EQ(Json::parse(list(100, 7)).at("models").size(), 0);
}

TEST_F(TorchServeManagement, DescribesAVersionAsTorchServeLaysItOut) {
  EXPECT_THAT(describe("noop"),
              StartsWith("[\n  {\n    \"modelName\": \"noop\",\n    \"modelVersion\": \"2.0\",\n    "
                         "\"modelUrl\": \"noop\",\n    \"engine\": \"synthetic\",\n"));
  const Json one = Json::parse(describe("noop", "1.0")).at(0);
  EXPECT_EQ(one.at("modelVersion"), "1.0");
  EXPECT_EQ(one.at("batchSize"), 1);
  EXPECT_TRUE(one.at("loadedAtStartup"));
  EXPECT_EQ(one.at("workers").size(), one.at("minWorkers").get<std::size_t>());
  const Json& worker = one.at("workers").at(0);
  EXPECT_EQ(worker.at("id"), "9000");
  EXPECT_EQ(worker.at("status"), "READY");
  EXPECT_EQ(worker.at("pid"), getpid());
  EXPECT_EQ(worker.at("startTime").get<std::string>().size(), std::string{"2025-03-14T09:26:53.589Z"}.size());
  EXPECT_EQ(one.at("jobQueueStatus"), (Json{{"remainingCapacity", 1024}, {"pendingRequests", 0}}));
  EXPECT_FALSE(one.contains("customizedMetadata"));
}

TEST_F(TorchServeManagement, DescribesEveryVersionAndTheTensorsOnRequest) {
  EXPECT_EQ(Json::parse(describe("noop", "all")).size(), 2);
  const Json described = Json::parse(describe("noop", "1", true));
  EXPECT_EQ(described.at(0).at("customizedMetadata").at("inputs").size(), 1);
}

TEST_F(TorchServeManagement, WhatIsNotThereIsNotFoundInTorchServesWords) {
  EXPECT_EQ(describe("nope"), with("NOT_FOUND Model not found: nope", kModelNotFound));
  EXPECT_EQ(describe("noop", "9.0"),
            "NOT_FOUND Model version: 9.0 does not exist for model: noop\n"
            "org.pytorch.serve.archive.model.ModelVersionNotFoundException");
  EXPECT_EQ(describe("nope", "all"), with("NOT_FOUND Model not found: nope", kModelNotFound));
  EXPECT_EQ(describe(""), with("INVALID_ARGUMENT Parameter model_name is required.", kBadRequest));
  EXPECT_EQ(unregister("nope"), with("NOT_FOUND Model not found: nope", kModelNotFound));
  EXPECT_EQ(set_default("noop", "9.0"),
            "NOT_FOUND Model version 9.0 does not exist for model noop\n"
            "org.pytorch.serve.archive.model.ModelVersionNotFoundException");
}

TEST_F(TorchServeManagement, AModelIsUnregisteredAndRegisteredAgain) {
  EXPECT_EQ(unregister("second"), "Model \"second\" unregistered");
  EXPECT_EQ(describe("second"), with("NOT_FOUND Model not found: second", kModelNotFound));
  EXPECT_EQ(register_model("second.mar", [](auto& request) { request.set_initial_workers(3); }),
            "Model \"second\" Version: 1.0 registered with 3 initial workers");
  EXPECT_EQ(Json::parse(describe("second")).at(0).at("workers").size(), 3);
  EXPECT_EQ(register_model("second"),
            "ABORTED Model version 1.0 is already registered for model second\n"
            "org.pytorch.serve.http.ConflictStatusException");
}

TEST_F(TorchServeManagement, SettingsOfARegistrationHoldInPlaceOfTheFiles) {
  EXPECT_EQ(unregister("second", "1.0"), "Model \"second\" unregistered");
  EXPECT_EQ(register_model("second",
                           [](auto& request) {
                             request.set_batch_size(4);
                             request.set_max_batch_delay(7);
                             request.set_response_timeout(30);
                             request.set_handler("image_classifier");
                             request.set_startup_timeout(5);
                           }),
            "Model \"second\" Version: 1.0 registered with 2 initial workers (not used here: handler, "
            "startup_timeout)");
  const Json described = Json::parse(describe("second")).at(0);
  EXPECT_EQ(described.at("batchSize"), 4);
  EXPECT_EQ(described.at("maxBatchDelay"), 7);
  EXPECT_EQ(described.at("responseTimeout"), 30);
}

TEST_F(TorchServeManagement, TheDefaultVersionGoesLast) {
  const auto refused =
      "PERMISSION_DENIED Cannot remove default version for model noop\n"
      "org.pytorch.serve.http.InvalidModelVersionException";
  EXPECT_EQ(unregister("noop"), refused);
  EXPECT_EQ(unregister("noop", "2.0"), refused);
  EXPECT_EQ(set_default("noop", "1.0"), "Default version successfully updated for model \"noop\" to \"1.0\"");
  EXPECT_EQ(repository_.find("noop")->version(), 1);
  EXPECT_EQ(unregister("noop", "2.0"), "Model \"noop\" unregistered");
  EXPECT_EQ(unregister("noop"), "Model \"noop\" unregistered");
  EXPECT_EQ(register_model("noop/2"), "Model \"noop\" Version: 2.0 registered with 2 initial workers");
}

TEST_F(TorchServeManagement, AUrlThatIsNoModelOfTheRepositoryIsRefused) {
  EXPECT_EQ(register_model(""), with("INVALID_ARGUMENT Parameter url is required.", kBadRequest));
  EXPECT_EQ(register_model("nope"), with("NOT_FOUND Model not found at: nope", kModelNotFound));
  EXPECT_EQ(register_model("../noop"),
            with("NOT_FOUND Relative path is not allowed in url: ../noop", kModelNotFound));
  EXPECT_THAT(
      register_model("https://host/noop.mar"),
      StartsWith("NOT_FOUND Given URL https://host/noop.mar does not match any allowed URL(s): models "
                 "come from the repository"));
  EXPECT_EQ(
      register_model("second", [](auto& request) { request.set_model_name("third"); }),
      with("INVALID_ARGUMENT model_name must be that of the folder, \"second\", got \"third\"", kBadRequest));
  EXPECT_THAT(register_model("second", [](auto& request) { request.set_initial_workers(1000); }),
              StartsWith("INVALID_ARGUMENT initial_workers must be at most 256, got 1000"));
}

TEST_F(TorchServeManagement, AnArchiveOfTheStoreBecomesAModelAndIsRegistered) {
  folder_.write("packed.mar", "PK");
  EXPECT_EQ(register_model("packed.mar", [](auto& request) { request.set_initial_workers(3); }),
            "Model \"packed\" Version: 3.0 registered with 3 initial workers");
  EXPECT_EQ(register_model("packed.mar"),
            "ABORTED Model version 3.0 is already registered for model packed\n"
            "org.pytorch.serve.http.ConflictStatusException");
  EXPECT_EQ(unregister("packed"), "Model \"packed\" unregistered");
  EXPECT_EQ(register_model("file://" + folder_.path().string() + "/packed.mar"),
            "Model \"packed\" Version: 3.0 registered with 2 initial workers");
  EXPECT_EQ(register_model("packed.mar", [](auto& request) { request.set_model_name("third"); }),
            "Model \"third\" Version: 3.0 registered with 2 initial workers");
}

TEST_F(TorchServeManagement, AnArchiveThatCannotBeUsedSaysWhy) {
  folder_.write("unusable.mar", "PK");
  EXPECT_EQ(register_model("unusable.mar"),
            "INVALID_ARGUMENT Archive unusable.mar cannot be used: its handler imports ts\n"
            "org.pytorch.serve.archive.model.InvalidModelException");
  folder_.write("unlucky.mar", "PK");
  EXPECT_EQ(register_model("unlucky.mar"),
            "INTERNAL Archive unlucky.mar cannot be used: the disk is full\n"
            "org.pytorch.serve.http.InternalServerException");
  EXPECT_EQ(register_model("unusable.mar", [](auto& request) { request.set_initial_workers(1000); }),
            with("INVALID_ARGUMENT initial_workers must be at most 256, got 1000", kBadRequest));
}

TEST_F(TorchServeManagement, AModelThatCannotBeLoadedSaysWhy) {
  folder_.configure("broken", "no_such_key: 1\n");
  EXPECT_THAT(register_model("broken"),
              ::testing::AllOf(StartsWith("INTERNAL Failed to start workers for model broken: "),
                               HasSubstr("no_such_key"),
                               ::testing::EndsWith("\norg.pytorch.serve.http.InternalServerException")));
}

TEST_F(TorchServeManagement, WorkersAreScaled) {
  EXPECT_EQ(scale("second", 3), "Workers scaled to 3 for model: second");
  EXPECT_EQ(Json::parse(describe("second")).at(0).at("minWorkers"), 3);
  EXPECT_EQ(scale("noop", 4, 0, "1.0"), "Workers scaled to 4 for model: noop, version: 1.0");
  EXPECT_EQ(scale("second", 2, 5), "Workers scaled to 2 for model: second (not used here: max_worker)");
  EXPECT_EQ(scale("second", 3, 2),
            with("INVALID_ARGUMENT max_worker cannot be less than min_worker.", kBadRequest));
  EXPECT_EQ(scale("second", 1000),
            with("INVALID_ARGUMENT instances must be 1 to 256, got 1000", kBadRequest));
  EXPECT_EQ(scale("nope", 1), with("NOT_FOUND Model not found: nope", kModelNotFound));
}

TEST_F(TorchServeManagement, WhatIsNotSynchronousGoesOnBehindTheAnswer) {
  EXPECT_EQ(scale("second", 5, 0, {}, false), "Processing worker updates...");
  EXPECT_EQ(unregister("second"), "Model \"second\" unregistered");
  EXPECT_EQ(register_model("second", [](auto& request) { request.set_synchronous(false); }),
            "Processing worker updates...");
  const TimePoint until = Clock::now() + 30s;
  while (!repository_.find("second") && Clock::now() < until) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(repository_.find("second"));
}

}  // namespace
}  // namespace parlance::dialects::torchserve
