#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parlance::models::testing {

/// A fresh folder that is gone with this object.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "parlance-models-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Folders on the way are made.
  void write(const std::filesystem::path& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream{path_ / name, std::ios::binary} << content;
  }
  void copy(const std::filesystem::path& from, const std::filesystem::path& name) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::filesystem::copy_file(from, path_ / name);
  }
  void make(const std::filesystem::path& name) const { std::filesystem::create_directories(path_ / name); }

 private:
  std::filesystem::path path_;
};

/// The shipped models (models/repository; ./run setup makes most of them) and the tiny ones beside this
/// folder's tests.
inline std::filesystem::path source(std::string_view name) {
  return std::filesystem::path{PARLANCE_SOURCE_DIR} / name;
}
/// A repository of some of the shipped models: those that a test needs, as the larger ones take a second to
/// load.
class ShippedRepository {
 public:
  explicit ShippedRepository(std::initializer_list<std::string_view> models) {
    for (const std::string_view model : models) {
      std::filesystem::create_directory_symlink(source("models/repository") / model, folder_.path() / model);
    }
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempFolder folder_;
};

inline std::filesystem::path digits_file() { return source("models/repository/digits/1/model.onnx"); }
inline std::filesystem::path test_model(std::string_view name) {
  return source("src/models/testdata") / name;
}

inline std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  EXPECT_TRUE(stream) << file << " is missing: ./run setup";
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace parlance::models::testing
