#include "app/models_tables.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace parlance::app {
namespace {

management::Model digits() {
  management::Model model;
  model.set_name("digits");
  model.set_ready(true);
  model.set_required(true);
  model.set_default_version(3);
  management::ModelVersion& old = *model.add_versions();
  old.set_version(2);
  old.set_state(management::FAILED);
  old.set_reason("model.onnx: the file is empty");
  management::ModelVersion& version = *model.add_versions();
  version.set_version(3);
  version.set_state(management::READY);
  version.add_labels("stable");
  version.set_backend("openvino");
  version.mutable_instances()->set_count(2);
  version.mutable_instances()->set_threads(1);
  version.mutable_batching()->set_max_batch(32);
  version.mutable_batching()->mutable_max_delay()->set_nanos(5'000'000);
  version.mutable_counters()->set_queue_length(4);
  (*version.mutable_counters()->mutable_requests())["ok"] = 12'000;
  (*version.mutable_counters()->mutable_requests())["refused"] = 5;
  return model;
}

TEST(ModelsTables, AVersionALineAndWhyItIsNotReady) {
  management::ListModelsResponse models;
  *models.add_models() = digits();
  models.set_ready(true);
  EXPECT_EQ(models_table(models),
            "MODEL      STATE            NAMES   BACKEND  INSTANCES     BATCHING  QUEUE  REQUESTS\n"
            "digits:2  FAILED                -         -          -            -      0         0\n"
            "digits:3   READY  stable, default  openvino          2  32, 5.00 ms      4    12,005\n"
            "\n"
            "digits:2: model.onnx: the file is empty\n");
}

TEST(ModelsTables, SaysThatTheServerIsNotReady) {
  management::ListModelsResponse models;
  EXPECT_EQ(models_table(models), "no models\n");
  *models.add_models() = digits();
  EXPECT_TRUE(models_table(models).ends_with("\nThe server is not ready.\n"));
}

TEST(ModelsTables, ABatchALine) {
  management::ListBatchesResponse batches;
  EXPECT_EQ(batches_table(batches), "no batches yet\n");
  management::Batch& batch = *batches.add_batches();
  batch.set_model("digits");
  batch.set_version(3);
  batch.set_requests(5);
  batch.set_rows(7);
  batch.set_padded_rows(1);
  batch.set_closed_by("deadline");
  batch.mutable_waited()->set_nanos(1'500'000);
  batch.mutable_computed()->set_nanos(800'000);
  const std::string table = batches_table(batches);
  EXPECT_NE(table.find("digits:3         5     7       1  1.50 ms    800 µs      0   deadline\n"),
            std::string::npos)
      << table;
}

TEST(ModelsTables, AnUnloadSaysWhatItGaveBack) {
  management::UnloadModelResponse response;
  auto& unloaded = *response.add_versions();
  unloaded.set_version(3);
  unloaded.mutable_receipt()->set_rss_before_bytes(300'000'000);
  unloaded.mutable_receipt()->set_rss_after_bytes(200'000'000);
  unloaded.mutable_receipt()->set_pinned_requests(2);
  EXPECT_EQ(unloaded_text("digits", response),
            "digits:3 is unloaded: memory 300 MB before, 200 MB after, 2 requests pinned it\n");
}

}  // namespace
}  // namespace parlance::app
