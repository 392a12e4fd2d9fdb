#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "models/backends/built_in.h"
#include "models/labels.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"

// The models that ship, as they ship.
namespace parlance::models {
namespace {

/// The rows of a CSV file as numbers, without its first line.
std::vector<std::vector<float>> read_csv(const std::filesystem::path& file) {
  std::istringstream stream{testing::read_file(file)};
  std::vector<std::vector<float>> rows;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    std::vector<float>& row = rows.emplace_back();
    std::istringstream fields{line};
    for (std::string field; std::getline(fields, field, ',');) row.push_back(std::stof(field));
  }
  return rows;
}

class ShippedModels : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    repository_ = std::make_unique<Repository>(
        RepositoryOptions{.root = testing::source("models/repository"), .threads_per_model = 2},
        built_in_backends());
    ASSERT_TRUE(repository_->load().ok());
  }
  static void TearDownTestSuite() { repository_.reset(); }

  static ModelHandle find(std::string_view model) {
    Result<ModelHandle> handle = repository_->find(model);
    EXPECT_TRUE(handle) << handle.error().to_string() << " (./run setup fetches magika)";
    return *std::move(handle);
  }

  static inline std::unique_ptr<Repository> repository_;
};

TEST_F(ShippedModels, AreAllReady) {
  for (const VersionStatus& each : repository_->versions())
    EXPECT_EQ(each.state, VersionState::kReady) << each.model << ": " << each.reason;
  EXPECT_TRUE(repository_->ready());
}

TEST_F(ShippedModels, DigitsIsRightOn97OfAHundredPicturesItHasNotSeen) {
  const ModelHandle digits = find("digits");
  const auto rows = read_csv(testing::source("models/digits/held_out.csv"));
  ASSERT_EQ(rows.size(), 360U);
  int right = 0;
  for (const std::vector<float>& row : rows) {
    const std::span<const float> pixels = std::span{row}.subspan(1);
    const Result<Tensors> outputs = digits.run({Tensor::of<float>("features", {1, 64}, pixels)});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    const ClassScore best = top_k(outputs->at(0).as<float>(), digits.labels(), 1).at(0);
    EXPECT_EQ(best.label, std::to_string(best.class_id));
    if (static_cast<float>(best.class_id) == row[0]) ++right;
  }
  EXPECT_GE(right, 0.97 * static_cast<double>(rows.size()));
}

TEST_F(ShippedModels, DigitsGivesTheProbabilitiesThatNumpyComputes) {
  const ModelHandle digits = find("digits");
  const auto pictures = read_csv(testing::source("models/digits/held_out.csv"));
  const auto reference = read_csv(testing::source("models/digits/reference.csv"));
  ASSERT_EQ(reference.size(), 16U);
  std::vector<float> batch;
  for (const auto& row : reference) {
    const auto& picture = pictures.at(static_cast<std::size_t>(row[0]));
    batch.insert(batch.end(), picture.begin() + 1, picture.end());
  }
  const Result<Tensors> outputs = digits.run({Tensor::of<float>("features", {16, 64}, batch)});
  ASSERT_TRUE(outputs) << outputs.error().to_string();
  const std::span<const float> got = outputs->at(0).as<float>();
  for (std::size_t row = 0; row < reference.size(); ++row)
    for (std::size_t digit = 0; digit < 10; ++digit)
      EXPECT_NEAR(got[row * 10 + digit], reference[row][digit + 1], 2e-6)
          << "row " << row << " digit " << digit;
}

std::string png() {
  using namespace std::string_literals;
  return "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9c"
         "c\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xae"
         "B`\x82"s;
}

std::string pdf() {
  return "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
         "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
         "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>\nendobj\n"
         "xref\n0 4\n0000000000 65535 f \ntrailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n190\n%%EOF\n";
}

std::string gzip() {
  using namespace std::string_literals;
  return "\x1f\x8b\x08\0\0\0\0\0\0\x03\xcbH\xcd\xc9\xc9W(\xcf/\xcaI\xe1\x02\0-;\x08\xaf\x0c\0\0\0"s;
}

TEST_F(ShippedModels, MagikaTellsTheTypeOfFiles) {
  const ModelHandle magika = find("magika");
  ASSERT_NE(magika.transform(), nullptr);
  const std::pair<std::string, std::string> files[] = {
      {testing::read_file(testing::source("src/models/repository.cpp")), "cpp"},
      {testing::read_file(testing::source("models/digits/train.py")), "python"},
      {testing::read_file(testing::source("models/digits/held_out.csv")), "csv"},
      {testing::read_file(testing::source("models/README.md")), "markdown"},
      {testing::read_file(testing::digits_file()), "onnx"},
      {"{\n  \"name\": \"digits\",\n  \"versions\": [1, 2, 3],\n  \"ready\": true,\n  \"score\": 0.97\n}\n",
       "json"},
      {"<!DOCTYPE html>\n<html><head><title>Parlance</title></head><body><p>Hello</p></body></html>\n",
       "html"},
      {png(), "png"},
      {pdf(), "pdf"},
      {gzip(), "gzip"},
  };
  for (const auto& [content, type] : files) {
    Result<Tensor> input = magika.transform()->apply(as_bytes(content));
    ASSERT_TRUE(input) << input.error().to_string();
    const Result<Tensors> outputs = magika.run({*std::move(input)});
    ASSERT_TRUE(outputs) << outputs.error().to_string();
    const ClassScore best = top_k(outputs->at(0).as<float>(), magika.labels(), 1).at(0);
    EXPECT_EQ(best.label, type) << "with score " << best.score;
  }
}

}  // namespace
}  // namespace parlance::models
