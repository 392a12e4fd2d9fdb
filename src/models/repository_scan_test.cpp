#include "models/repository_scan.h"

#include <gtest/gtest.h>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

TEST(RepositoryScan, FindsModelsAndTheirVersionsInOrder) {
  testing::TempFolder folder;
  for (const char* name : {"b/10", "b/9", "a/1", ".hidden/1", "b/.tmp"}) folder.make(name);
  folder.write("README.md", "not a model");
  folder.write("a/model.yaml", "");
  const Result<std::vector<FoundModel>> found = scan_repository(folder.path());
  ASSERT_TRUE(found) << found.error().to_string();
  const std::filesystem::path& root = folder.path();
  EXPECT_EQ(*found, (std::vector<FoundModel>{
                        {"a", root / "a", {{1, root / "a/1"}}, {}},
                        {"b", root / "b", {{9, root / "b/9"}, {10, root / "b/10"}}, {}},
                    }));
}

TEST(RepositoryScan, LeavesOutWhatIsNoVersion) {
  testing::TempFolder folder;
  for (const char* name : {"m/v1", "m/0", "m/-1", "m/1x", "m/99999999999999999999", "m/2"}) folder.make(name);
  const Result<std::vector<FoundModel>> found = scan_repository(folder.path());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].versions, (std::vector<FoundVersion>{{2, folder.path() / "m/2"}}));
  EXPECT_EQ((*found)[0].not_versions,
            (std::vector<std::string>{"-1", "0", "1x", "99999999999999999999", "v1"}));
}

TEST(RepositoryScan, TakesLeadingZerosAsTensorFlowServingDoes) {
  testing::TempFolder folder;
  for (const char* name : {"m/00000123", "m/007", "m/7", "m/07", "m/9"}) folder.make(name);
  const FoundModel found = scan_model(folder.path() / "m");
  const std::filesystem::path& root = found.folder;
  EXPECT_EQ(found.versions,
            (std::vector<FoundVersion>{{7, root / "7"}, {9, root / "9"}, {123, root / "00000123"}}));
  EXPECT_TRUE(found.not_versions.empty());
}

TEST(Fingerprint, ChangesWithFilesOfTheVersionAndBesideItButForTheConfiguration) {
  testing::TempFolder folder;
  folder.write("m/1/model.onnx", "a");
  folder.write("m/2/model.onnx", "a");
  const auto look = [&] {
    const FoundModel model = scan_model(folder.path() / "m");
    return fingerprint(model, model.versions.at(0));
  };
  const std::uint64_t first = look();
  EXPECT_EQ(look(), first);
  folder.write("m/model.yaml", "run: loop");
  folder.write("m/2/model.onnx", "abc");
  EXPECT_EQ(look(), first);
  folder.write("m/1/model.onnx", "ab");
  const std::uint64_t second = look();
  EXPECT_NE(second, first);
  folder.write("m/labels.txt", "a");
  EXPECT_NE(look(), second);
  const std::uint64_t third = look();
  folder.write("m/1/variables/data", "a");
  EXPECT_NE(look(), third);
}

TEST(RepositoryScan, SaysThatTheFolderIsNotThere) {
  const Result<std::vector<FoundModel>> found = scan_repository("/nonexistent/models");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(),
            Status(StatusCode::kNotFound, "model repository /nonexistent/models: No such file or directory"));
}

}  // namespace
}  // namespace parlance::models
