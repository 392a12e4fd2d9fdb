#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/model_source.h"
#include "models/testing/synthetic_repository.h"

namespace parlance::models {
namespace {

using ::testing::ElementsAre;
using testing::states;

class RepositoryServe : public ::testing::Test {
 protected:
  RepositoryServe() {
    for (const char* model : {"a", "b"}) {
      folder_.add(model, 1);
      folder_.add(model, 2);
    }
    EXPECT_TRUE(repository_.load().ok());
  }

  ServedModel named(std::string name, const std::string& folder, VersionsConfig versions = {}) const {
    return {.name = std::move(name),
            .folder = folder_.path() / folder,
            .versions = std::move(versions),
            .warnings = {}};
  }

  testing::EchoFolder folder_;
  Repository repository_{{.root = folder_.path()}, testing::synthetic_backends()};
};

TEST_F(RepositoryServe, TheListTakesThePlaceOfTheFolder) {
  const VersionsConfig latest{.policy = VersionsConfig::Policy::kLatest, .labels = {{"stable", 2}}};
  ASSERT_TRUE(repository_.serve({named("a", "a", latest), named("other", "b")}).ok());
  EXPECT_TRUE(repository_.find("a", 2));
  EXPECT_FALSE(repository_.find("a", 1));
  EXPECT_EQ(repository_.find("a", "stable")->version(), 2);
  EXPECT_TRUE(repository_.find("other", 1)) << "under the name that the list gives it";
  EXPECT_FALSE(repository_.find("b"));
  EXPECT_TRUE(repository_.ready()) << "what is not on the list is not waited for";
  EXPECT_THAT(repository_.required(), ElementsAre("a", "other"));
  ASSERT_TRUE(repository_.refresh().ok());
  EXPECT_FALSE(repository_.find("b")) << "nor does a look at the folder bring it back";
}

TEST_F(RepositoryServe, ModelsLieWithinTheRepository) {
  const std::vector<std::string> before = states(repository_);
  std::filesystem::create_directory_symlink("/usr", folder_.path() / "link");
  for (const char* folder : {"../x", "/usr/lib", "link/lib"}) {
    const Status status = repository_.serve({named("x", folder)});
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << folder;
    EXPECT_EQ(status.message(), "the base_path of model \"x\" lies outside of the repository");
  }
  EXPECT_EQ(states(repository_), before);
}

TEST_F(RepositoryServe, AModelsConfigThatIsNamedWithoutItsFolderLiesInTheWorkingDirectory) {
  folder_.write("models.config", "model_config_list { config { name: 'a' base_path: 'a' } }");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  Repository repository{{.root = "models.config"}, testing::synthetic_backends()};
  EXPECT_TRUE(repository.load().ok());
  EXPECT_EQ(folders_of("models.config"), (std::vector<std::filesystem::path>{".", "a"}));
  EXPECT_EQ(repository.serve({named("x", "/usr/lib")}).message(),
            "the base_path of model \"x\" lies outside of the repository");
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace parlance::models
