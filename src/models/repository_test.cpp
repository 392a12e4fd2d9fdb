#include "models/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "grpc/error_details.h"
#include "models/testing/synthetic_repository.h"

namespace parlance::models {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::states;

constexpr auto kPatience = 20s;

/// Waits until it is so; false when it never was.
bool eventually(const std::function<bool()>& holds) {
  const TimePoint until = Clock::now() + kPatience;
  while (!holds()) {
    if (Clock::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class RepositoryOf : public ::testing::Test {
 protected:
  RepositoryOf()
      : repository_({.root = folder_.path(), .threads_per_model = 1}, testing::synthetic_backends()) {}

  void load() { ASSERT_TRUE(repository_.load().ok()); }
  void refresh() { ASSERT_TRUE(repository_.refresh().ok()); }
  std::int64_t served(std::string_view model, std::string_view version = {}) {
    const Result<ModelHandle> handle = repository_.find(model, version);
    return handle ? handle->version() : -1;
  }
  VersionStatus status(std::string_view model, std::int64_t version) {
    for (const VersionStatus& each : repository_.versions())
      if (each.model == model && each.version == version) return each;
    ADD_FAILURE() << "no " << model << " " << version;
    return {};
  }
  bool is_unloaded(std::string_view model, std::int64_t version) {
    return status(model, version).state == VersionState::kUnloaded;
  }

  testing::EchoFolder folder_;
  Repository repository_;
};

TEST_F(RepositoryOf, ASyntheticModelNeedsNoVersionFolder) {
  folder_.configure("echo");
  load();
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 READY"));
  EXPECT_TRUE(repository_.ready());
}

TEST_F(RepositoryOf, LoadsWhatThePolicyAsksFor) {
  for (const std::int64_t version : {1, 2, 3}) {
    for (const char* model : {"all", "latest", "specific"}) folder_.add(model, version);
  }
  folder_.configure("latest", "versions: {policy: latest, count: 2}\n");
  folder_.configure("specific", "versions: {policy: specific, numbers: [1, 7]}\n");
  load();
  EXPECT_THAT(states(repository_), ElementsAre("all 1 READY", "all 2 READY", "all 3 READY", "latest 2 READY",
                                               "latest 3 READY", "specific 1 READY", "specific 7 FAILED"));
  EXPECT_EQ(status("specific", 7).reason, "the version has no folder, and the policy asks for it");
}

TEST_F(RepositoryOf, LabelsAndTheDefaultNameVersions) {
  for (const std::int64_t version : {1, 2, 3}) folder_.add("echo", version);
  folder_.configure("echo", "versions: {labels: {stable: 2, canary: 3, old: 9}, default: stable}\n");
  load();
  EXPECT_EQ(served("echo"), 2);
  EXPECT_EQ(served("echo", "canary"), 3);
  EXPECT_EQ(served("echo", "1"), 1);
  EXPECT_EQ(served("echo", "0"), 2) << "as no version";
  EXPECT_THAT(repository_.labels("echo"), ElementsAre(Pair("canary", 3), Pair("old", 9), Pair("stable", 2)));
  EXPECT_THAT(repository_.labels("none"), IsEmpty());

  const Status no_label = repository_.find("echo", "beta").error();
  EXPECT_EQ(no_label.code(), StatusCode::kNotFound);
  EXPECT_EQ(no_label.message(),
            "Model \"echo\" has no version labelled \"beta\"; labels: canary, old, stable");
  EXPECT_EQ(grpc::error_info(no_label)->reason, "MODEL_VERSION_NOT_FOUND");
  EXPECT_EQ(repository_.find("echo", "old").error().message(),
            "Model \"echo\" label \"old\" means version 9, which there is not; available: 1, 2, 3");
  EXPECT_EQ(repository_.find("none", "stable").error().message(),
            "Model \"none\" not found; available: echo");
}

TEST_F(RepositoryOf, ACallersDefaultGoesBeforeThatOfTheFiles) {
  for (const std::int64_t version : {1, 2, 3}) folder_.add("echo", version);
  folder_.configure("echo", "versions: {default: \"2\"}\n");
  load();
  EXPECT_EQ(served("echo"), 2);
  EXPECT_TRUE(repository_.set_default("echo", 1).ok());
  EXPECT_EQ(served("echo"), 1);
  refresh();
  EXPECT_EQ(served("echo"), 1);
  EXPECT_EQ(repository_.set_default("echo", 9).code(), StatusCode::kNotFound);
  EXPECT_EQ(repository_.set_default("none", 1).code(), StatusCode::kNotFound);
  EXPECT_EQ(served("echo"), 1);
}

TEST_F(RepositoryOf, WhatACallerChangesHoldsUntilTheNextLoadByName) {
  folder_.add("echo", 1);
  load();
  const auto size = [&] { return repository_.find("echo").value().config().queue.max_size; };
  const std::size_t from_files = size();
  const auto seven = [](ModelConfig& config) {
    config.queue.max_size = 7;
    return Status{};
  };
  EXPECT_TRUE(repository_.load("echo", 0, seven).ok());
  EXPECT_EQ(size(), 7);
  refresh();
  EXPECT_EQ(size(), 7);
  const auto refuse = [](ModelConfig&) { return Status{StatusCode::kInvalidArgument, "never"}; };
  const Status refused = repository_.load("echo", 0, refuse);
  EXPECT_THAT(std::string{refused.message()}, HasSubstr("cannot be loaded: never"));
  EXPECT_EQ(size(), 7);  // what serves goes on
  EXPECT_TRUE(repository_.load("echo").ok());
  EXPECT_EQ(size(), from_files);
}

TEST_F(RepositoryOf, WhatTheOptionsChangeHoldsForEveryModelBelowACallersChange) {
  folder_.add("echo", 1);
  folder_.add("other", 1);
  Repository repository{{.root = folder_.path(),
                         .change =
                             [](const std::string& model, ModelConfig& config) {
                               config.queue.max_size = model == "echo" ? 5 : 6;
                               return Status{};
                             }},
                        testing::synthetic_backends()};
  EXPECT_TRUE(repository.load().ok());
  const auto size = [&](std::string_view model) { return repository.find(model)->config().queue.max_size; };
  EXPECT_EQ(size("echo"), 5);
  EXPECT_EQ(size("other"), 6);
  EXPECT_TRUE(repository
                  .load("echo", 0,
                        [](ModelConfig& config) {
                          config.queue.max_size += 10;
                          return Status{};
                        })
                  .ok());
  EXPECT_EQ(size("echo"), 15);
}

TEST_F(RepositoryOf, IsReadyWhenItsDefaultIs) {
  for (const std::int64_t version : {1, 2}) folder_.add("echo", version);
  folder_.configure("echo", "versions: {default: 1}\n");
  load();
  EXPECT_TRUE(repository_.ready("echo"));
  ASSERT_TRUE(repository_.unload("echo", 1).ok());
  EXPECT_FALSE(repository_.ready("echo")) << "who names no version is not served";
  EXPECT_EQ(served("echo", "2"), 2);
}

TEST_F(RepositoryOf, ALabelMovesWhenWhatItMeansServes) {
  folder_.add("echo", 1);
  folder_.configure("echo", "versions: {policy: latest, labels: {live: 1}, default: live}\n");
  load();
  std::vector<std::int64_t> seen;
  const Repository::Subscription subscription = repository_.subscribe([&](const VersionStatus& change) {
    if (change.version == 2) seen.push_back(served("echo", "live"));
  });
  folder_.add("echo", 2);
  folder_.configure("echo", "versions: {policy: latest, labels: {live: 2}, default: live}\n");
  refresh();
  EXPECT_THAT(seen, ElementsAre(1, 1, 1)) << "LOADING, WARMING, READY";
  EXPECT_EQ(served("echo"), 2);
  EXPECT_TRUE(eventually([&] { return is_unloaded("echo", 1); }));
}

TEST_F(RepositoryOf, ANewerVersionTakesOverAndTheOlderOneGoes) {
  folder_.add("echo", 1);
  folder_.configure("echo", "versions: latest\n");
  load();
  std::optional<ModelHandle> old = *repository_.find("echo");
  folder_.add("echo", 2);
  refresh();
  EXPECT_EQ(served("echo"), 2);
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 DRAINING", "echo 2 READY"));
  EXPECT_TRUE(repository_.ready());
  EXPECT_EQ(old->version(), 1);
  old.reset();
  EXPECT_TRUE(eventually([&] { return is_unloaded("echo", 1); }));
  EXPECT_EQ(status("echo", 1).receipt->pinned, 1U);
}

TEST_F(RepositoryOf, AnOlderVersionStaysUntilTheNewerOneServes) {
  folder_.add("echo", 1);
  folder_.configure("echo", "versions: latest\n");
  load();
  folder_.add("echo", 2);
  folder_.configure("echo", "versions: latest\nwarmup: {inputs: {x: none.bin}}\n");
  refresh();
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 READY", "echo 2 FAILED"));
  EXPECT_EQ(status("echo", 2).reason, "warm-up: none.bin cannot be read");
  EXPECT_EQ(served("echo"), 1);
  folder_.configure("echo", "versions: latest\n");
  refresh();
  EXPECT_EQ(served("echo"), 2);
}

TEST_F(RepositoryOf, ChangedFilesAreLoadedWhileTheOldOnesServe) {
  folder_.add("echo", 1);
  load();
  std::optional<ModelHandle> old = *repository_.find("echo");
  std::vector<VersionStatus> changes;
  const Repository::Subscription subscription = repository_.subscribe([&](const VersionStatus& change) {
    changes.push_back(change);
    EXPECT_EQ(change.state, VersionState::kReady);
    EXPECT_TRUE(repository_.ready());
    EXPECT_TRUE(repository_.find("echo"));
  });
  refresh();
  EXPECT_THAT(changes, IsEmpty()) << "nothing changed";
  folder_.touch("echo", 1);
  refresh();
  ASSERT_EQ(changes.size(), 3U);
  EXPECT_EQ(changes[0].reload.state, Reload::State::kLoading);
  EXPECT_EQ(changes[1].reload.state, Reload::State::kWarming);
  EXPECT_EQ(changes[2].reload.state, Reload::State::kNone);
  EXPECT_EQ(changes[2].loads, 2U);
  EXPECT_EQ(changes[2].receipt, std::nullopt) << "the old one is still in use";
  EXPECT_TRUE(old->run({Tensor::of<float>("x", {1, 2}, std::array<float, 2>{1, 2})}));
  old.reset();
  EXPECT_TRUE(eventually([&] { return status("echo", 1).receipt.has_value(); }));
}

TEST_F(RepositoryOf, AReloadThatFailsKeepsTheOldOneAndSaysWhy) {
  folder_.add("echo", 1);
  load();
  folder_.configure("echo", "wärmup: 3\n");
  refresh();
  EXPECT_EQ(status("echo", 1).reload.state, Reload::State::kFailed);
  EXPECT_THAT(status("echo", 1).reload.reason, HasSubstr("echo/model.yaml:4: unknown key \"wärmup\""));
  EXPECT_EQ(served("echo"), 1);
  EXPECT_TRUE(repository_.ready());
  folder_.configure("echo", "batching: {max_batch: 4}\nwarmup: {inputs: {z: a.bin}}\n");
  refresh();
  EXPECT_EQ(status("echo", 1).reload.reason, "warm-up: there is no input \"z\" for a.bin");
  folder_.configure("echo");
  refresh();
  EXPECT_EQ(status("echo", 1).reload, Reload{});
}

TEST_F(RepositoryOf, AChangeOfPolicyAloneLoadsNothingAnew) {
  for (const std::int64_t version : {1, 2}) folder_.add("echo", version);
  load();
  folder_.configure("echo", "versions: latest\n");
  refresh();
  EXPECT_TRUE(eventually([&] { return is_unloaded("echo", 1); }));
  EXPECT_EQ(status("echo", 2).loads, 1U);
  folder_.configure("echo");
  refresh();
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 READY", "echo 2 READY"));
}

TEST_F(RepositoryOf, WhatWasUnloadedByHandComesBackByHand) {
  folder_.add("echo", 1);
  load();
  ASSERT_TRUE(repository_.unload("echo").ok());
  refresh();
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 UNLOADED"));
  const MemoryReceipt receipt = *status("echo", 1).receipt;
  EXPECT_EQ(receipt.pinned, 0U);
  EXPECT_GT(receipt.rss_before_bytes, 0U);
  EXPECT_GT(receipt.rss_after_bytes, 0U);
  EXPECT_EQ(repository_.unload("echo").code(), StatusCode::kFailedPrecondition);
  ASSERT_TRUE(repository_.load("echo").ok());
  EXPECT_EQ(served("echo"), 1);
  EXPECT_EQ(status("echo", 1).loads, 2U);
}

TEST_F(RepositoryOf, OneModelIsLoadedAnewByName) {
  folder_.add("echo", 1);
  load();
  ASSERT_TRUE(repository_.load("echo").ok());
  EXPECT_EQ(status("echo", 1).loads, 2U);
  folder_.add("other", 3);
  folder_.add("other", 4);
  folder_.configure("other", "versions: latest\n");
  ASSERT_TRUE(repository_.load("other").ok());
  EXPECT_EQ(served("other"), 4);
  ASSERT_TRUE(repository_.load("other", 3).ok());
  refresh();
  EXPECT_EQ(served("other", "3"), 3) << "asked for by hand, whatever the policy says";

  EXPECT_EQ(repository_.load("none").message(),
            "Model \"none\" has no folder in the repository; there are: echo, other");
  EXPECT_EQ(repository_.load("none").code(), StatusCode::kNotFound);
  EXPECT_EQ(repository_.load("other", 5).message(), "Model \"other\" has no version 5; available: 3, 4");
  folder_.configure("echo", "warmup: {inputs: {z: a.bin}}\n");
  const Status failed = repository_.load("echo");
  EXPECT_EQ(failed.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(failed.message(),
            "Model \"echo\" version 1 cannot be loaded: warm-up: there is no input \"z\" for a.bin");
  EXPECT_EQ(grpc::error_info(failed)->reason, "MODEL_NOT_LOADED");
}

TEST_F(RepositoryOf, AModelWhoseFolderIsGoneGoes) {
  folder_.add("echo", 1);
  folder_.add("other", 1);
  load();
  folder_.remove("echo");
  EXPECT_TRUE(eventually([&] {
    refresh();
    return repository_.versions().size() == 1;
  }));
  EXPECT_THAT(states(repository_), ElementsAre("other 1 READY"));
  EXPECT_FALSE(repository_.ready()) << "it was there at first, so it is required";
}

TEST_F(RepositoryOf, AModelWithoutVersionsKeepsTheOneThatServes) {
  folder_.add("echo", 1);
  folder_.make("echo/old");
  load();
  folder_.remove("echo/1");
  refresh();
  EXPECT_EQ(served("echo"), 1);
  EXPECT_THAT(status("echo", 1).reload.reason, HasSubstr("no version: "));
}

TEST_F(RepositoryOf, AnExtraModelNeverMakesItNotReady) {
  folder_.add("echo", 1);
  load();
  std::vector<bool> ready;
  const Repository::Subscription subscription =
      repository_.subscribe([&](const VersionStatus&) { ready.push_back(repository_.ready()); });
  folder_.add("extra", 1);
  folder_.configure("extra", "warmup: {inputs: {z: a.bin}}\n");
  refresh();
  EXPECT_THAT(states(repository_), ElementsAre("echo 1 READY", "extra 1 FAILED"));
  EXPECT_THAT(ready, ElementsAre(true, true, true)) << "LOADING, WARMING, FAILED";
}

TEST_F(RepositoryOf, AVersionsCompanionIsMadeBeforeItIsReadyAndGoesBeforeTheModel) {
  struct Companion : VersionCompanion {
    explicit Companion(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
    ~Companion() override { --alive_; }
    std::atomic<int>& alive_;
  };
  std::atomic<int> alive{0};
  folder_.add("echo", 1);
  folder_.configure("echo", "batching: {max_batch: 4}\ninstances: 3\n");
  Repository repository{
      {.root = folder_.path(),
       .make_companion =
           [&](const std::string& model, std::int64_t version, const LoadedVersion& loaded) {
             EXPECT_EQ(model, "echo");
             EXPECT_EQ(version, 1);
             EXPECT_EQ(loaded.run_times.size(), 2U);
             EXPECT_EQ(loaded.instances, 3U);
             EXPECT_FALSE(repository.ready());
             return std::make_unique<Companion>(alive);
           }},
      testing::synthetic_backends()};
  ASSERT_TRUE(repository.load().ok());
  EXPECT_EQ(alive, 1);
  EXPECT_NE(repository.find("echo")->companion(), nullptr);
  ASSERT_TRUE(repository.unload("echo").ok());
  EXPECT_EQ(alive, 0);
}

/// The synthetic engine, which loads when the gate is open.
class GatedBackend final : public Backend {
 public:
  explicit GatedBackend(std::shared_future<void> gate) : gate_(std::move(gate)) {}
  std::string_view name() const override { return "gated"; }
  std::span<const std::string_view> extensions() const override { return {}; }
  Result<std::unique_ptr<LoadedModel>> load(const ModelSource& source, const LoadOptions& options) override {
    EXPECT_EQ(gate_.wait_for(kPatience), std::future_status::ready);
    return engine_.load(source, options);
  }

 private:
  const std::shared_future<void> gate_;
  SyntheticBackend engine_;
};

class RepositoryWithAGate : public RepositoryOf {
 protected:
  RepositoryWithAGate() : gated_({.root = folder_.path()}, backends()) {
    folder_.add("echo", 1);
    EXPECT_TRUE(gated_.load().ok());
  }
  /// From now on a load of it waits at the gate.
  void gate(const std::string& model) {
    std::string config{testing::kEcho};
    folder_.write(model + "/model.yaml", config.replace(config.find("synthetic"), 9, "gated"));
  }
  std::string state_of(std::string_view model) {
    for (const VersionStatus& each : gated_.versions())
      if (each.model == model) return std::string{to_string(each.state)};
    return "none";
  }

  std::promise<void> gate_;
  Repository gated_;

 private:
  BackendRegistry backends() {
    BackendRegistry registry = testing::synthetic_backends();
    registry.add(std::make_unique<GatedBackend>(gate_.get_future().share()));
    return registry;
  }
};

TEST_F(RepositoryWithAGate, ASlowLoadHoldsUpNeitherFindNorUnload) {
  gate("slow");
  auto loading = std::async(std::launch::async, [&] { return gated_.load("slow"); });
  ASSERT_TRUE(eventually([&] { return state_of("slow") == "LOADING"; }));
  EXPECT_TRUE(gated_.find("echo"));
  EXPECT_TRUE(gated_.unload("echo").ok());
  EXPECT_TRUE(gated_.load("echo").ok());
  EXPECT_EQ(state_of("slow"), "LOADING");
  gate_.set_value();
  EXPECT_TRUE(loading.get().ok());
  EXPECT_EQ(state_of("slow"), "READY");
}

TEST_F(RepositoryWithAGate, AnUnloadDuringAReloadWins) {
  gate("echo");
  auto loading = std::async(std::launch::async, [&] { return gated_.load("echo"); });
  ASSERT_TRUE(eventually([&] { return gated_.versions().front().reload.state == Reload::State::kLoading; }));
  EXPECT_TRUE(gated_.find("echo")) << "the old one serves";
  EXPECT_TRUE(gated_.unload("echo").ok());
  gate_.set_value();
  EXPECT_EQ(loading.get().message(), "Model \"echo\" version 1 cannot be loaded: it was unloaded meanwhile");
  EXPECT_EQ(state_of("echo"), "UNLOADED");
}

// The tests run as root, which no permission keeps out: a folder where a file should be is what it cannot
// read either, and a link to itself is a folder that cannot be opened.
TEST_F(RepositoryOf, SaysWhatItCannotRead) {
  folder_.make("config/model.yaml");
  folder_.make("config/1");
  folder_.make("triton/config.pbtxt");
  folder_.make("triton/1");
  folder_.add("labels", 1);
  folder_.configure("labels", "labels: names\n");
  folder_.make("labels/names");
  folder_.add("warm", 1);
  folder_.configure("warm", "warmup: {inputs: {x: sample}}\n");
  folder_.make("warm/sample");
  folder_.make("loop");
  std::filesystem::create_directory_symlink("1", folder_.path() / "loop" / "1");
  load();
  EXPECT_EQ(status("config", 1).reason, "config/model.yaml: cannot be read");
  EXPECT_EQ(status("triton", 1).reason, "triton/config.pbtxt: cannot be read");
  EXPECT_EQ(status("labels", 1).reason, "names: cannot be read");
  EXPECT_EQ(status("warm", 1).reason, "warm-up: sample cannot be read");
  EXPECT_EQ(status("loop", 0).reason, "no version: a version is a folder named by a positive whole number");
  EXPECT_FALSE(repository_.ready());
}

TEST_F(RepositoryOf, ReadsTritonsFile) {
  folder_.write("echo/config.pbtxt",
                "backend: \"synthetic\"\nmax_batch_size: 4\n"
                "input { name: \"x\" data_type: TYPE_FP32 dims: [ 2 ] }\n"
                "output { name: \"y\" data_type: TYPE_FP32 dims: [ 2 ] }\n"
                "dynamic_batching { }\nresponse_cache { enable: true }\n");
  for (const std::int64_t version : {1, 2}) folder_.make(concat("echo/", version));
  folder_.write("broken/config.pbtxt", "platform: \"ensemble\"");
  folder_.make("broken/1");
  load();
  EXPECT_THAT(states(repository_), ElementsAre("broken 1 FAILED", "echo 2 READY"))
      << "the latest, as Triton does";
  EXPECT_EQ(status("broken", 1).reason, "broken/config.pbtxt: ensembles are not supported");
  EXPECT_THAT(status("echo", 2).warnings, ElementsAre("response_cache is not supported"));
  EXPECT_EQ(repository_.find("echo")->config().batching.max_batch, 4U);
}

TEST_F(RepositoryOf, ReadsTfServingsList) {
  folder_.write("elsewhere/echo/model.yaml", testing::kEcho);
  for (const std::int64_t version : {1, 2, 3}) folder_.make(concat("elsewhere/echo/", version));
  folder_.write("models.config",
                "model_config_list { config { name: 'tf' base_path: 'elsewhere/echo'\n"
                "  model_version_policy { specific { versions: 1 versions: 2 } }\n"
                "  version_labels { key: 'stable' value: 1 } } }\n");
  Repository repository{{.root = folder_.path() / "models.config"}, testing::synthetic_backends()};
  ASSERT_TRUE(repository.load().ok());
  EXPECT_THAT(states(repository), ElementsAre("tf 1 READY", "tf 2 READY"));
  EXPECT_EQ(repository.find("tf", "stable")->version(), 1);

  folder_.write("models.config", "model_config_list {\n config { name: 'tf' } }");
  EXPECT_EQ(repository.refresh(),
            Status(StatusCode::kFailedPrecondition, "models.config: a model needs name and base_path"));
  EXPECT_THAT(states(repository), ElementsAre("tf 1 READY", "tf 2 READY")) << "what serves goes on";
}

TEST_F(RepositoryOf, FollowsItsFolderWhenItWatches) {
  folder_.add("echo", 1);
  Repository repository{{.root = folder_.path(), .watch = true}, testing::synthetic_backends()};
  ASSERT_TRUE(repository.load().ok());
  folder_.add("echo", 2);
  EXPECT_TRUE(eventually([&] { return repository.find("echo", 2).has_value(); }));
  folder_.add("later", 1);
  EXPECT_TRUE(eventually([&] { return repository.ready("later"); }));
  folder_.remove("later");
  EXPECT_TRUE(eventually([&] { return !repository.ready("later"); }));
}

TEST_F(RepositoryOf, ServesThroughFiftyReloadsUnderLoad) {
  folder_.add("echo", 1);
  load();
  constexpr std::size_t kCallers = 3;
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> runs{0};
  std::vector<std::jthread> callers;
  for (std::size_t i = 0; i < kCallers; ++i)
    callers.emplace_back([&] {
      const std::array<float, 2> values{1, 2};
      while (!stop) {
        const Result<ModelHandle> handle = repository_.find("echo");
        ASSERT_TRUE(handle) << handle.error().to_string();
        const Result<Tensors> outputs = handle->run({Tensor::of<float>("x", {1, 2}, values)});
        ASSERT_TRUE(outputs) << outputs.error().to_string();
        ++runs;
      }
    });
  std::atomic<int> receipts{0};
  const Repository::Subscription subscription = repository_.subscribe([&](const VersionStatus& change) {
    EXPECT_EQ(change.state, VersionState::kReady);
    EXPECT_TRUE(repository_.ready());
    if (!change.receipt || change.reload.state != Reload::State::kNone) return;
    EXPECT_LE(change.receipt->pinned, kCallers);
    EXPECT_GT(change.receipt->rss_after_bytes, 0U);
    ++receipts;
  });
  for (int i = 0; i < 50; ++i) {
    const std::int64_t before = runs;
    ASSERT_TRUE(repository_.load("echo").ok());
    ASSERT_TRUE(eventually([&] { return runs > before; }));
  }
  stop = true;
  callers.clear();
  EXPECT_EQ(status("echo", 1).loads, 51U);
  EXPECT_TRUE(eventually([&] { return receipts >= 50; }));
}

}  // namespace
}  // namespace parlance::models
