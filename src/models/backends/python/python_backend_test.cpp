#include "models/backends/python/python_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>

#include "grpc/error_details.h"
#include "models/byte_elements.h"
#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kPatience = 60s;

class Python : public ::testing::Test {
 protected:
  Python() {
    config_.inputs = {{"x", DataType::kFp32, {-1, 2}}};
    config_.outputs = {{"y", DataType::kFp32, {-1, 2}}};
    config_.python.interpreter = testing::source(".deps/python-tools/bin/python").string();
  }

  /// A class Model with these methods.
  void write(const std::string& methods, const std::string& before = {}) const {
    folder_.write("named/1/model.py", before +
                                          "\nimport os, signal, sys, time\nimport numpy as np\n"
                                          "class Model:\n" +
                                          methods);
  }
  Result<std::unique_ptr<LoadedModel>> load(unsigned instances = 1) {
    return backend_.load({.file = folder_.path() / "named/1/model.py", .config = config_},
                         {.instances = instances});
  }
  std::unique_ptr<LoadedModel> loaded(unsigned instances = 1) {
    Result<std::unique_ptr<LoadedModel>> model = load(instances);
    EXPECT_TRUE(model) << model.error().to_string();
    return model ? *std::move(model) : nullptr;
  }
  std::string why_not_loaded() {
    const Result<std::unique_ptr<LoadedModel>> model = load();
    EXPECT_FALSE(model);
    return model ? "" : std::string{model.error().message()};
  }

  static Tensor input(float first = 1) {
    const std::array<float, 2> values{first, 2};
    return Tensor::owning("x", DataType::kFp32, {1, 2}, Buffer::copy_of(std::as_bytes(std::span{values})));
  }
  static std::future<Result<RunOutputs>> begin(LoadedModel& model, Tensors inputs) {
    auto promise = std::make_shared<std::promise<Result<RunOutputs>>>();
    std::future<Result<RunOutputs>> future = promise->get_future();
    model.run(std::move(inputs),
              [promise](Result<RunOutputs> outputs) { promise->set_value(std::move(outputs)); });
    return future;
  }
  static Result<RunOutputs> run(LoadedModel& model, Tensors inputs) {
    std::future<Result<RunOutputs>> future = begin(model, std::move(inputs));
    if (future.wait_for(kPatience) == std::future_status::ready) return future.get();
    ADD_FAILURE() << "no answer";
    return std::unexpected{Status{StatusCode::kUnknown, "no answer"}};
  }
  static Status failure(LoadedModel& model, Tensors inputs) {
    const Result<RunOutputs> outputs = run(model, std::move(inputs));
    EXPECT_FALSE(outputs);
    return outputs ? Status{} : outputs.error();
  }
  static std::vector<float> values(const Result<RunOutputs>& outputs) {
    EXPECT_TRUE(outputs) << outputs.error().to_string();
    if (!outputs) return {};
    const auto found = outputs->tensors.at(0).as<float>();
    return {found.begin(), found.end()};
  }
  static std::string reason(const Status& status) {
    const auto info = grpc::error_info(status);
    return info ? info->reason : "";
  }
  std::vector<std::string> log() {
    const std::lock_guard lock{mutex_};
    return log_;
  }

  testing::TempFolder folder_;
  ModelConfig config_;
  std::mutex mutex_;
  std::vector<std::string> log_;  // guarded by mutex_
  PythonBackend backend_{
      {.program = testing::source("pyworker"), .log = [this](std::string_view model, std::string_view line) {
         const std::lock_guard lock{mutex_};
         log_.push_back(std::string{model} + ": " + std::string{line});
       }}};
};

TEST_F(Python, RunsPredictOnArraysByName) {
  write(
      "  def load(self, config):\n    self.factor = float(config['parameters']['factor'])\n"
      "  def predict(self, batch):\n    return {'y': batch['x'] * np.float32(self.factor)}\n");
  config_.python.parameters = {{"factor", "3"}};
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const Result<RunOutputs> outputs = run(*model, {input()});
  EXPECT_THAT(values(outputs), ElementsAre(3, 6));
  EXPECT_EQ(outputs->tensors[0].name(), "y");
  EXPECT_EQ(outputs->tensors[0].shape(), (Shape{1, 2}));
  EXPECT_EQ(outputs->copied_bytes, 16U);
  EXPECT_TRUE(model->runs_elsewhere());
}

TEST_F(Python, TheClassMayDeclareItsSignature) {
  config_.inputs.clear();
  config_.outputs.clear();
  write(
      "  inputs = {'a': ('INT64', [-1]), 'b': ('BOOL', [2, 2])}\n  outputs = {'c': ('FP64', [])}\n"
      "  def predict(self, batch): return {'c': np.float64(batch['a'].sum())}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_THAT(model->signature().inputs,
              ElementsAre(TensorSpec{"a", DataType::kInt64, {-1}}, TensorSpec{"b", DataType::kBool, {2, 2}}));
  EXPECT_THAT(model->signature().outputs, ElementsAre(TensorSpec{"c", DataType::kFp64, {}}));
}

TEST_F(Python, BytesAreArraysOfBytes) {
  config_.inputs = {{"x", DataType::kBytes, {-1}}};
  config_.outputs = {{"y", DataType::kBytes, {-1}}};
  write(
      "  def predict(self, batch):\n    assert batch['x'].dtype == object and type(batch['x'][0]) is bytes\n"
      "    return {'y': [each + b'!' for each in batch['x']] + ['text']}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  std::string bytes;
  append_element(bytes, "one");
  append_element(bytes, "");
  const Result<RunOutputs> outputs =
      run(*model, {Tensor::owning("x", DataType::kBytes, {2}, Buffer::copy_of(as_bytes(bytes)))});
  ASSERT_TRUE(outputs) << outputs.error().to_string();
  EXPECT_EQ(outputs->tensors[0].shape(), (Shape{3}));
  EXPECT_THAT(split_elements(outputs->tensors[0].bytes()), ElementsAre("one!", "!", "text"));
}

TEST_F(Python, MemoryGrowsWithWhatIsInIt) {
  config_.inputs = {{"x", DataType::kFp32, {-1}}};
  config_.outputs = {{"y", DataType::kFp32, {-1}}};
  write("  def predict(self, batch): return {'y': np.repeat(batch['x'], 2)}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  for (const std::size_t size : {std::size_t{1}, std::size_t{1'000'000}, std::size_t{3}}) {
    std::vector<float> given(size, 0.5F);
    given.back() = 4;
    const auto got = values(run(*model, {Tensor::of<float>("x", {static_cast<std::int64_t>(size)}, given)}));
    ASSERT_EQ(got.size(), 2 * size);
    EXPECT_EQ(got.back(), 4);
  }
}

struct Wrong {
  const char* name;
  const char* body;     // of predict
  const char* message;  // a part of it
};

class PythonAnswers : public Python, public ::testing::WithParamInterface<Wrong> {};

TEST_P(PythonAnswers, AreCheckedAndTheWorkerLives) {
  config_.python.max_output_mb = 1;
  write(std::string{
            "  def predict(self, batch):\n    if batch['x'][0, 0] == 7: return {'y': batch['x']}\n    "} +
        GetParam().body + "\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const Status status = failure(*model, {input()});
  EXPECT_THAT(std::string{status.message()}, HasSubstr(GetParam().message));
  EXPECT_THAT(reason(status), ::testing::AnyOf("INFERENCE_FAILED", "INFERENCE_OUT_OF_MEMORY"));
  EXPECT_THAT(values(run(*model, {input(7)})), ElementsAre(7, 2));
  EXPECT_TRUE(model->condition().ok());
  for (const std::string& line : log()) EXPECT_THAT(line, ::testing::Not(HasSubstr("worker lost")));
}

INSTANTIATE_TEST_SUITE_P(
    All, PythonAnswers,
    ::testing::Values(Wrong{"Exception", "raise ValueError('no such word')",
                            "Inference failed: ValueError: no such word (model.py, line 7, in predict)"},
                      Wrong{"Missing", "return {}", "Inference failed: output \"y\" is missing"},
                      Wrong{"Type", "return {'y': batch['x'].astype(np.float64)}",
                            "Inference failed: output \"y\" must be FP32, got FP64"},
                      Wrong{"Shape", "return {'y': batch['x'][0]}",
                            "Inference failed: output \"y\" must have the shape [-1, 2], got [2]"},
                      Wrong{"NoDict", "return batch['x']",
                            "predict must give a dict of arrays by output, gave ndarray"},
                      Wrong{"Unsendable", "return {'y': np.array(['a'])}",
                            "an output of type <U1 is none that can be sent"},
                      Wrong{"TooLarge", "return {'y': np.zeros((200000, 2), np.float32)}",
                            "more than python.max_output_mb allows"},
                      Wrong{"NoText", "raise OSError('no file \\udcff')", "OSError: no file ?"},
                      Wrong{"LongText", "raise ValueError('é' * 5000)", "ValueError: éé"},
                      Wrong{"Exit", "sys.exit(3)", "SystemExit: 3"},
                      Wrong{"Memory", "raise MemoryError('all used')", "Insufficient memory for inference"}),
    [](const auto& test) { return std::string{test.param.name}; });

struct Unloadable {
  const char* name;
  const char* text;  // of model.py
  const char* message;
};

class PythonModels : public Python, public ::testing::WithParamInterface<Unloadable> {};

TEST_P(PythonModels, ThatCannotBeLoadedSayWhy) {
  folder_.write("named/1/model.py", GetParam().text);
  config_.python.load_timeout = 5s;
  EXPECT_THAT(why_not_loaded(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, PythonModels,
    ::testing::Values(
        Unloadable{"Syntax", "class Model\n", "SyntaxError: expected ':'"},
        Unloadable{"NoClass", "x = 1\n", "model.py has no class Model"},
        Unloadable{"NoPredict", "class Model: pass\n", "has no method predict(self, batch)"},
        Unloadable{"Import", "import no_such_module\n", "No module named 'no_such_module' (model.py, line 1"},
        Unloadable{"Exception",
                   "class Model:\n  def load(self, config): raise OSError('no weights')\n"
                   "  def predict(self, batch): pass\n",
                   "OSError: no weights (model.py, line 2, in load)"},
        Unloadable{"Exit", "import os\nos._exit(4)\n", "it ended with exit code 4"},
        Unloadable{"Killed", "import os\nos.kill(os.getpid(), 9)\n", "it was ended by signal 9 (Killed)"},
        Unloadable{"Hang", "import time\ntime.sleep(3600)\n", "it was not loaded within 5000 ms"}),
    [](const auto& test) { return std::string{test.param.name}; });

TEST_F(Python, AnUndeclaredSignatureSaysHowToDeclareIt) {
  config_.outputs.clear();
  write("  def predict(self, batch): return {}\n");
  EXPECT_THAT(why_not_loaded(),
              HasSubstr("model.yaml needs inputs and outputs, or the class Model attributes"));
}

TEST_F(Python, AnInterpreterThatIsNotThereIsNamed) {
  config_.python.interpreter = "no-such-python";
  write("  def predict(self, batch): return {}\n");
  EXPECT_THAT(why_not_loaded(), HasSubstr("the Python interpreter no-such-python cannot be started"));
}

TEST_F(Python, ALostWorkerCostsItsRunOneRetry) {
  write(
      "  def predict(self, batch):\n    if not os.path.exists('/proc/self/cwd/../lost'):\n"
      "      open('../lost', 'w').close(); os.kill(os.getpid(), signal.SIGKILL)\n"
      "    return {'y': batch['x']}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_THAT(values(run(*model, {input(5)})), ElementsAre(5, 2));
  EXPECT_THAT(log(), Contains(HasSubstr("named: worker lost: it was ended by signal 9 (Killed)")));
}

TEST_F(Python, OnlyRunsOfAWarmWorkerTellWhatARunTakes) {
  write(
      "  def predict(self, batch):\n    if batch['x'][0, 0] == 5 and not os.path.exists('../lost'):\n"
      "      open('../lost', 'w').close(); os._exit(1)\n"
      "    return {'y': batch['x']}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  std::vector<bool> typical;
  for (const float first : {1.0F, 2.0F, 5.0F, 5.0F}) {
    const Result<RunOutputs> outputs = run(*model, {input(first)});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    typical.push_back(outputs->is_typical);
  }
  EXPECT_THAT(typical, ElementsAre(false, true, false, true));
}

TEST_F(Python, ARunThatItsWorkersAreLostWithIsAnsweredOnce) {
  write(
      "  def predict(self, batch):\n    if batch['x'][0, 0] == 7: return {'y': batch['x']}\n"
      "    print('last words', file=sys.stderr); os._exit(3)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const Status status = failure(*model, {input()});
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_EQ(reason(status), "WORKER_DIED");
  EXPECT_THAT(std::string{status.message()},
              HasSubstr("it ended with exit code 3; the last it wrote: last words"));
  EXPECT_THAT(values(run(*model, {input(7)})), ElementsAre(7, 2)) << "the worker came back";
}

TEST_F(Python, WhatItWroteLastIsTextForItsCallers) {
  write("  def predict(self, batch):\n    os.write(2, b'caf\\xc3\\xa9 \\xff\\n')\n    os._exit(3)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_THAT(std::string{failure(*model, {input()}).message()},
              ::testing::EndsWith("the last it wrote: café \uFFFD"));
}

TEST_F(Python, AHangIsALostWorker) {
  config_.python.timeout = 300ms;
  write(
      "  def predict(self, batch):\n    if batch['x'][0, 0] == 7: return {'y': batch['x']}\n"
      "    time.sleep(3600)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const Status status = failure(*model, {input()});
  EXPECT_EQ(reason(status), "WORKER_DIED");
  EXPECT_THAT(std::string{status.message()}, HasSubstr("it gave no answer within 300 ms (python.timeout)"));
  EXPECT_THAT(values(run(*model, {input(7)})), ElementsAre(7, 2));
}

TEST_F(Python, WhatItWritesIsLoggedUnderItsName) {
  write(
      "  def predict(self, batch):\n    print('to output')\n    print('x' * 5000, file=sys.stderr)\n"
      "    return {'y': batch['x']}\n");
  auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_THAT(values(run(*model, {input()})), ElementsAre(1, 2));
  model.reset();
  EXPECT_THAT(log(),
              AllOf(Contains("named: to output"), Contains("named: " + std::string(2048, 'x') + " …")));
}

TEST_F(Python, AFloodOfLinesHoldsUpNobody) {
  write(
      "  def predict(self, batch):\n    for i in range(20000): print('line', i)\n    return {'y': "
      "batch['x']}\n");
  auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_THAT(values(run(*model, {input()})), ElementsAre(1, 2));
  model.reset();
  EXPECT_LT(log().size(), 10'000U);
  EXPECT_THAT(log(), Contains(HasSubstr("lines left out: more than 100 a second")));
}

TEST_F(Python, InstancesComeAndGo) {
  write("  def predict(self, batch):\n    return {'y': np.float32([[os.getpid(), 2]])}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  std::atomic<unsigned> seen{0};
  model->watch_instances([&](unsigned count) { seen = count; });
  EXPECT_EQ(seen, 1U);
  ASSERT_TRUE(model->set_instances(3).ok());
  EXPECT_EQ(seen, 3U);
  ASSERT_TRUE(model->set_instances(1).ok());
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(values(run(*model, {input()})).size(), 2U);
}

TEST_F(Python, ManyRunsAtOnceOnSeveralWorkers) {
  write("  def predict(self, batch): return {'y': batch['x'] + 1}\n");
  const auto model = loaded(2);
  ASSERT_NE(model, nullptr);
  std::vector<std::future<Result<RunOutputs>>> runs;
  for (int i = 0; i < 100; ++i) runs.push_back(begin(*model, {input(static_cast<float>(i))}));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(runs[static_cast<std::size_t>(i)].wait_for(kPatience), std::future_status::ready);
    EXPECT_THAT(values(runs[static_cast<std::size_t>(i)].get()), ElementsAre(static_cast<float>(i + 1), 3));
  }
}

TEST_F(Python, ARunThatNobodyWantsAnyMoreIsNotMade) {
  write("  def predict(self, batch):\n    print('ran')\n    return {'y': batch['x']}\n");
  auto model = loaded();
  ASSERT_NE(model, nullptr);
  std::promise<Status> promise;
  std::future<Status> future = promise.get_future();
  model->run_if_wanted(
      {input()}, [] { return false; },
      [&](Result<RunOutputs> outputs) { promise.set_value(outputs.error()); });
  ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(future.get().code(), StatusCode::kCancelled);
  model.reset();
  EXPECT_THAT(log(), ::testing::Not(Contains("named: ran")));
}

TEST_F(Python, WorkersThatDoNotComeBackAreToldOf) {
  write(
      "  def load(self, config):\n    if os.path.exists('../gone'): raise OSError('no weights')\n"
      "  def predict(self, batch):\n    open('../gone', 'w').close(); os._exit(1)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_TRUE(model->condition().ok());
  EXPECT_EQ(reason(failure(*model, {input()})), "WORKERS_DOWN");
  const Status down = failure(*model, {input()});
  EXPECT_EQ(down.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{down.message()}, HasSubstr("OSError: no weights"));
  EXPECT_EQ(model->condition().code(), StatusCode::kUnavailable);
}

TEST_F(Python, ItTellsWhenItsConditionChanges) {
  write(
      "  def load(self, config):\n    if os.path.exists('../gone'): raise OSError('no weights')\n"
      "  def predict(self, batch):\n    open('../gone', 'w').close(); os._exit(1)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  std::promise<bool> down;
  std::promise<bool> up;
  std::atomic<int> told{0};
  model->watch_condition([&] { (++told == 1 ? down : up).set_value(model->condition().ok()); });
  (void)failure(*model, {input()});
  std::future<bool> is_ok = down.get_future();
  ASSERT_EQ(is_ok.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(is_ok.get());
  std::filesystem::remove(folder_.path() / "named" / "gone");
  is_ok = up.get_future();
  ASSERT_EQ(is_ok.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(is_ok.get());
}

TEST_F(Python, ALoadIsGivenUpWhenTheProcessIsToEnd) {
  folder_.write("named/1/model.py", "import time\nprint('begun')\ntime.sleep(3600)\n");
  std::stop_source stop;
  std::future<bool> is_loaded = std::async(std::launch::async, [&] {
    return backend_
        .load({.file = folder_.path() / "named/1/model.py", .config = config_}, {.stop = stop.get_token()})
        .has_value();
  });
  while (log().empty()) std::this_thread::sleep_for(1ms);
  stop.request_stop();
  ASSERT_EQ(is_loaded.wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(is_loaded.get());
}

TEST_F(Python, RunsAreGivenUpWhenTheProcessIsToEnd) {
  write("  def predict(self, batch):\n    print('begun')\n    time.sleep(3600)\n");
  config_.python.timeout = 1h;
  std::stop_source stop;
  Result<std::unique_ptr<LoadedModel>> model = backend_.load(
      {.file = folder_.path() / "named/1/model.py", .config = config_}, {.stop = stop.get_token()});
  ASSERT_TRUE(model) << model.error().to_string();
  std::future<Result<RunOutputs>> first = begin(**model, {input()});
  while (log().empty()) std::this_thread::sleep_for(1ms);
  std::future<Result<RunOutputs>> second = begin(**model, {input()});
  stop.request_stop();
  for (std::future<Result<RunOutputs>>* each : {&first, &second}) {
    ASSERT_EQ(each->wait_for(kPatience), std::future_status::ready);
    const Result<RunOutputs> outputs = each->get();
    ASSERT_FALSE(outputs);
    EXPECT_EQ(reason(outputs.error()), "WORKERS_DOWN");
  }
  EXPECT_EQ(reason(failure(**model, {input()})), "WORKERS_DOWN");
}

/// Takes parts until it has had enough.
class Parts final : public OutputSink {
 public:
  explicit Parts(std::size_t most = 1000) : most_(most) {}
  bool take(RunOutputs part) override {
    parts.push_back(part.tensors.at(0).as<float>()[0]);
    return parts.size() < most_;
  }
  std::vector<float> parts;

 private:
  const std::size_t most_;
};

class PythonStreams : public Python {
 protected:
  static Status stream(LoadedModel& model, const std::shared_ptr<OutputSink>& sink, float first) {
    std::promise<Status> promise;
    std::future<Status> future = promise.get_future();
    model.run_stream({input(first)}, sink, [&](Result<RunOutputs> outputs) {
      promise.set_value(outputs ? Status{} : outputs.error());
    });
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
};

TEST_F(PythonStreams, AGeneratorGivesItsOutputsInParts) {
  write(
      "  def predict(self, batch):\n    for i in range(int(batch['x'][0, 0])):\n"
      "      yield {'y': np.float32([[i, 0]])}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_TRUE(model->streams());
  const auto parts = std::make_shared<Parts>();
  EXPECT_TRUE(stream(*model, parts, 3).ok());
  EXPECT_THAT(parts->parts, ElementsAre(0, 1, 2));
  EXPECT_THAT(values(run(*model, {input(3)})), ElementsAre(0, 0, 1, 0, 2, 0)) << "a unary run joins them";
}

TEST_F(PythonStreams, WhoWantsNoMoreEndsTheGenerator) {
  write(
      "  def predict(self, batch):\n    try:\n      for i in range(1000): yield {'y': np.float32([[i, 0]])}\n"
      "    finally: print('closed after', i)\n");
  auto model = loaded();
  ASSERT_NE(model, nullptr);
  const auto parts = std::make_shared<Parts>(2);
  EXPECT_TRUE(stream(*model, parts, 1).ok());
  EXPECT_THAT(parts->parts, ElementsAre(0, 1));
  EXPECT_TRUE(stream(*model, std::make_shared<Parts>(1), 1).ok());
  model.reset();
  EXPECT_THAT(log(), AllOf(Contains("named: closed after 1"), Contains("named: closed after 0")));
}

TEST_F(PythonStreams, AnExceptionOrALostWorkerEndsThem) {
  write(
      "  def predict(self, batch):\n    yield {'y': batch['x']}\n"
      "    if batch['x'][0, 0] == 1: raise ValueError('half way')\n    os._exit(2)\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const auto parts = std::make_shared<Parts>();
  EXPECT_THAT(std::string{stream(*model, parts, 1).message()}, HasSubstr("ValueError: half way"));
  EXPECT_EQ(parts->parts.size(), 1U);
  EXPECT_EQ(reason(stream(*model, parts, 2)), "WORKER_DIED");
  EXPECT_EQ(parts->parts.size(), 2U) << "what has begun is not begun anew";
}

TEST_F(PythonStreams, AModelThatDoesNotStreamGivesOnePart) {
  write("  def predict(self, batch): return {'y': batch['x']}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  EXPECT_FALSE(model->streams());
  const auto parts = std::make_shared<Parts>();
  EXPECT_TRUE(stream(*model, parts, 9).ok());
  EXPECT_THAT(parts->parts, ElementsAre(9));
}

TEST_F(PythonStreams, StreamBesidePredict) {
  write(
      "  def predict(self, batch): return {'y': batch['x']}\n"
      "  def stream(self, batch):\n    yield {'y': batch['x'] + 1}\n    yield {'y': batch['x'] + 2}\n");
  const auto model = loaded();
  ASSERT_NE(model, nullptr);
  const auto parts = std::make_shared<Parts>();
  EXPECT_TRUE(stream(*model, parts, 1).ok());
  EXPECT_THAT(parts->parts, ElementsAre(2, 3));
  EXPECT_THAT(values(run(*model, {input(1)})), ElementsAre(1, 2));
}

}  // namespace
}  // namespace parlance::models
