#include "models/backends/openvino/tokenizers_library.h"

#include <gmock/gmock.h>

#include "models/backends/openvino/core.h"
#include "models/testing/temp_folder.h"

namespace parlance::models::openvino {
namespace {

using ::testing::HasSubstr;

constexpr const char* kName = "libopenvino_tokenizers.so";

TEST(TokenizersLibrary, LiesBesideTheEngineThatThisProgramRunsWith) {
  const std::filesystem::path engine = engine_library();
  EXPECT_THAT(engine.filename().string(), HasSubstr("libopenvino.so"));
  const auto found = find_tokenizers_library(engine);
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(found->filename(), kName);
}

TEST(TokenizersLibrary, IsFoundWherePipPutsIt) {
  const testing::TempFolder site;
  site.write("openvino/libs/libopenvino.so.1", "");
  site.write(std::filesystem::path{"openvino_tokenizers/lib"} / kName, "");
  const auto found = find_tokenizers_library(site.path() / "openvino/libs/libopenvino.so.1");
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, site.path() / "openvino_tokenizers/lib" / kName);
}

TEST(TokenizersLibrary, InTheEnginesOwnFolderComesFirst) {
  const testing::TempFolder site;
  site.write(std::filesystem::path{"openvino/libs"} / kName, "");
  site.write(std::filesystem::path{"openvino_tokenizers/lib"} / kName, "");
  const auto found = find_tokenizers_library(site.path() / "openvino/libs/libopenvino.so.1");
  ASSERT_TRUE(found) << found.error().to_string();
  EXPECT_EQ(*found, site.path() / "openvino/libs" / kName);
}

TEST(TokenizersLibrary, ThatIsNoneIsRefusedByTheEngine) {
  const testing::TempFolder site;
  site.write(kName, "not a library");
  ov::Core core = new_core();
  EXPECT_THROW(add_tokenizers(core, site.path() / kName), ov::Exception);
}

TEST(TokenizersLibrary, ThatIsMissingIsNamedWithBothPlacesAndItsPackage) {
  const testing::TempFolder site;
  const auto found = find_tokenizers_library(site.path() / "openvino/libs/libopenvino.so.1");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string{found.error().message()},
              HasSubstr((site.path() / "openvino/libs" / kName).string()));
  EXPECT_THAT(std::string{found.error().message()},
              HasSubstr((site.path() / "openvino_tokenizers/lib" / kName).string()));
  EXPECT_THAT(std::string{found.error().message()}, HasSubstr("package openvino-tokenizers"));
}

}  // namespace
}  // namespace parlance::models::openvino
