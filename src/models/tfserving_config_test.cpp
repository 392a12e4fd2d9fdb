#include "models/tfserving_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::models {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// As TF Serving's documentation shows it.
TEST(ModelsConfig, ListsModels) {
  const Result<std::vector<ServedModel>> models = parse_models_config(R"(
model_config_list {
  config {
    name: 'my_second_model'
    base_path: 'second'
    model_platform: 'onnx'
    logging_config { sampling_config { sampling_rate: 0.1 } }
  }
  config {
    name: 'my_first_model'
    base_path: '/tmp/my_first_model/'
    model_platform: 'tensorflow'
    model_version_policy {
      specific {
        versions: 42
        versions: 43
      }
    }
    version_labels { key: 'stable' value: 43 }
    version_labels { key: 'canary' value: 42 }
  }
}
)",
                                                                      "models.config", "/srv");
  ASSERT_TRUE(models) << models.error().to_string();
  ASSERT_EQ(models->size(), 2U);
  const ServedModel& first = models->at(0);
  EXPECT_EQ(first.name, "my_first_model");
  EXPECT_EQ(first.folder, "/tmp/my_first_model/");
  EXPECT_EQ(first.versions, (VersionsConfig{.policy = VersionsConfig::Policy::kSpecific,
                                            .specific = {42, 43},
                                            .labels = {{"canary", 42}, {"stable", 43}}}));
  EXPECT_THAT(first.warnings, IsEmpty());
  const ServedModel& second = models->at(1);
  EXPECT_EQ(second.folder, "/srv/second");
  EXPECT_EQ(second.versions, (VersionsConfig{.policy = VersionsConfig::Policy::kLatest}))
      << "TF Serving's default";
  EXPECT_THAT(second.warnings, ElementsAre("model_platform \"onnx\": the engine is chosen by the model file",
                                           "logging_config is not supported"));
}

TEST(ModelsConfig, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"model_config_list { config { name: 'a' } }", "models.config: a model needs name and base_path"},
      {"model_config_list { config { name: 'a' base_path: 'a' } config { name: 'a' base_path: 'b' } }",
       "models.config: Illegal to list model a multiple times in config list"},
      {"custom_model_config { }", "models.config: custom_model_config is not supported"},
      {"model_config_list {\n  config { nme: 'a' }\n}",
       "models.config:2: Message type \"parlance.tfserving.ModelConfig\" has no field named \"nme\"."},
      {"models: 3",
       "models.config:1: Message type \"parlance.tfserving.ModelServerConfig\" has no field named "
       "\"models\"."},
  };
  for (const auto& [text, message] : cases) {
    SCOPED_TRACE(text);
    const auto models = parse_models_config(text, "models.config", "/srv");
    ASSERT_FALSE(models);
    EXPECT_EQ(models.error().code(), StatusCode::kFailedPrecondition);
    EXPECT_EQ(models.error().message(), message);
  }
}

TEST(ModelsConfig, ComesAsAMessageToo) {
  // model_list { config { name: "m" base_path: "folder" version_labels { key: "stable" value: 7 } } }
  const std::string_view message =
      "\x0A\x19\x0A\x17\x0A\x01m\x12\x06"
      "folder\x42\x0A\x0A\x06stable\x10\x07";
  const auto models = read_models_config(as_bytes(message), "/srv");
  ASSERT_TRUE(models) << models.error().to_string();
  ASSERT_EQ(models->size(), 1U);
  EXPECT_EQ(models->at(0).folder, "/srv/folder");
  EXPECT_EQ(models->at(0).versions.labels, (std::map<std::string, std::int64_t>{{"stable", 7}}));
  const auto cut_off = read_models_config(as_bytes(message.substr(0, 9)), "/srv");
  EXPECT_EQ(cut_off.error().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parlance::models
