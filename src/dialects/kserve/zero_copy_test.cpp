// Where a request's bytes are copied on their way into the engine, counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "dialects/kserve/service.h"
#include "models/backends/built_in.h"
#include "models/testing/temp_folder.h"
#include "rpc/channel.h"
#include "rpc/server.h"

namespace parlance::dialects::kserve {
namespace {

using ::inference::ModelInferRequest;
using ::inference::ModelInferResponse;

// Above what the engine would rather copy (16 KiB), input and output.
constexpr std::int64_t kRows = 1024;
constexpr std::uint64_t kInputBytes = kRows * 64 * sizeof(float);

class ZeroCopy : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(repository_.load().ok());
    server_.add(std::make_shared<GrpcInferenceServiceHandler>(repository_, scheduler_));
    ASSERT_TRUE(server_.start());
  }

  /// A request whose raw contents lie `shift_bytes` further in the message.
  static ModelInferRequest raw_request(std::size_t shift_bytes) {
    ModelInferRequest request = head(shift_bytes);
    const std::vector<float> pixels(kRows * 64, 3.0F);
    request.add_raw_input_contents(pixels.data(), pixels.size() * sizeof(float));
    return request;
  }
  static ModelInferRequest typed_request(std::size_t shift_bytes) {
    ModelInferRequest request = head(shift_bytes);
    for (std::int64_t i = 0; i < kRows * 64; ++i)
      request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(3.0F);
    return request;
  }

  /// What one call adds to the counter.
  std::uint64_t copied_by(const ModelInferRequest& request) {
    const std::uint64_t before = copied();
    const ::inference::GRPCInferenceService::Client client{
        Channel::open("127.0.0.1:" + std::to_string(server_.ports().at(0)))};
    const Result<ModelInferResponse> response = client.ModelInfer(request).wait();
    EXPECT_TRUE(response) << response.error().to_string();
    return copied() - before;
  }

 private:
  static ModelInferRequest head(std::size_t shift_bytes) {
    ModelInferRequest request;
    request.set_model_name("digits");
    request.set_id(std::string(1 + shift_bytes, 'i'));
    auto* const input = request.add_inputs();
    input->set_name("features");
    input->set_datatype("FP32");
    input->add_shape(kRows);
    input->add_shape(64);
    return request;
  }
  std::uint64_t copied() const {
    std::uint64_t bytes = 0;
    for (const scheduling::VersionStatistics& version : scheduler_.statistics())
      bytes += version.copied_bytes;
    return bytes;
  }

  models::testing::ShippedRepository shipped_{"digits"};
  scheduling::Scheduler scheduler_;
  models::Repository repository_{{.root = shipped_.path(), .make_companion = scheduler_.companion_maker()},
                                 models::built_in_backends()};
  Server server_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
};

/// Of four places in a row one is aligned for floats.
TEST_F(ZeroCopy, RawContentsThatLieAlignedAreReadWhereTheyWereReceived) {
  std::vector<std::uint64_t> copied;
  for (std::size_t shift = 0; shift < alignof(float); ++shift)
    copied.push_back(copied_by(raw_request(shift)));
  EXPECT_THAT(copied, ::testing::UnorderedElementsAre(0, kInputBytes, kInputBytes, kInputBytes));
}

TEST_F(ZeroCopy, TypedFloatsThatLieAlignedAreReadWhereTheyWereReceived) {
  std::vector<std::uint64_t> copied;
  for (std::size_t shift = 0; shift < alignof(float); ++shift)
    copied.push_back(copied_by(typed_request(shift)));
  EXPECT_THAT(copied, ::testing::UnorderedElementsAre(0, kInputBytes, kInputBytes, kInputBytes));
}

}  // namespace
}  // namespace parlance::dialects::kserve
