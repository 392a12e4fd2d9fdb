// Faults made on purpose, one after the other, and what callers are told of each.

#include "faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "grpc/error_details.h"
#include "grpc/error_reasons.h"

namespace parlance::faults {
namespace {

/// Reasons that take more than a call to bring about, and are shown elsewhere.
const std::set<std::string_view> kShownElsewhere = {
    "BACKEND_EJECTED",  // src/rpc/balancing/outlier_detection_test.cpp
    "CHANNEL_CLOSED",   // a loop that ends before its channels
    "OUT_OF_MEMORY",    // std::bad_alloc
    "MEMORY_LIMIT",     // src/rpc/server_memory_test.cpp
    "BINARY_LOG_FILE", "CHANNELZ_NEGATIVE", "CHANNELZ_UNKNOWN_ID",  // src/services
    "HTTP_BAD_ENCODING", "HTTP_BAD_TIMEOUT", "HTTP_ENCODING_NOT_SUPPORTED", "HTTP_METHOD_NOT_ALLOWED",
    "HTTP_PATH_NOT_FOUND",  // src/edge
    // Of the inference server: src/dialects, src/models.
    "BATCH_TOO_LARGE", "CHAT_TEMPLATE_BROKEN", "CHAT_TEMPLATE_MISSING", "EXTENSION_NOT_SERVED",
    "EXTENSION_OFF", "INFERENCE_FAILED", "INFERENCE_OUT_OF_MEMORY", "INVALID_INPUT", "MANAGEMENT_ELSEWHERE",
    "MODEL_CANNOT", "MODEL_IN_USE", "MODEL_NOT_FOUND", "MODEL_NOT_LOADED", "MODEL_NOT_READY",
    "MODEL_NOT_UNLOADABLE", "MODEL_VERSION_NOT_FOUND", "OPENAI_NOT_SUPPORTED", "OUTPUT_NOT_REPRESENTABLE",
    "RAW_INPUT_TOO_SHORT", "SHARED_MEMORY_EXISTS", "SHARED_MEMORY_LIMIT", "SHARED_MEMORY_NOT_FOUND",
    "SHARED_MEMORY_TOO_SMALL", "SHARED_MEMORY_UNREADABLE", "SIGNATURE_NOT_FOUND", "TENSOR_TOO_LARGE",
    "TORCHSERVE_EXCEPTION", "TORCHSERVE_TOKEN",
    // src/scheduling
    "CANNOT_FINISH_IN_TIME", "DEADLINE_TOO_NEAR", "KV_CACHE_TOO_SMALL", "MODEL_QUEUE_FULL", "MODEL_UNLOADED",
    "PROMPT_TOO_LONG", "RESUME_OUT_OF_RANGE", "RESUME_SUPERSEDED", "RESUME_TOKEN_UNKNOWN", "SLOW_READER",
    "TOO_MANY_SEQUENCES", "UNKNOWN_SEQUENCE",
    // src/models/backends/python
    "WORKERS_DOWN", "WORKER_DIED"};

std::vector<Fault> all_faults() {
  std::vector<Fault> all;
  for (auto faults : {server_faults(), admission_faults(), call_faults(), peer_faults()}) {
    all.insert(all.end(), faults.begin(), faults.end());
  }
  return all;
}

class Faults : public ::testing::TestWithParam<Fault> {};

TEST_P(Faults, SayWhatTheyAre) {
  const Fault& fault = GetParam();
  const Status status = fault.inject();
  EXPECT_EQ(status.code(), fault.code) << status.to_string();
  EXPECT_FALSE(status.message().empty());
  const auto info = grpc::error_info(status);
  ASSERT_TRUE(info) << status.to_string();
  EXPECT_EQ(info->domain, "parlance");
  EXPECT_EQ(info->reason, fault.reason) << status.to_string();
  if (!fault.hop.empty()) {
    EXPECT_EQ(info->get("hop"), fault.hop);
  }
  for (const std::string_view key : fault.keys) {
    EXPECT_FALSE(info->get(key).value_or("").empty()) << key << " of " << status.to_string();
  }
}

std::string name_of(const ::testing::TestParamInfo<Fault>& info) {
  return std::string{info.param.reason} + "_" + std::to_string(info.index);
}

INSTANTIATE_TEST_SUITE_P(Table, Faults, ::testing::ValuesIn(all_faults()), name_of);

TEST(FaultTable, HoldsEveryReasonOfTheRuntimeAndNoOther) {
  std::set<std::string_view> injected = kShownElsewhere;
  for (const Fault& fault : all_faults()) {
    EXPECT_FALSE(kShownElsewhere.contains(fault.reason)) << fault.reason;
    injected.insert(fault.reason);
  }
  std::set<std::string_view> listed;
  for (const grpc::ErrorReason& entry : grpc::error_reasons()) listed.insert(entry.reason);
  EXPECT_EQ(injected, listed);
}

TEST(FaultTable, HoldsAtLeastFortyDistinctReasonsEachWithTheCodeThatTheDocsGive) {
  std::set<std::string_view> reasons;
  for (const Fault& fault : all_faults()) {
    reasons.insert(fault.reason);
    const grpc::ErrorReason* entry = grpc::find_error_reason(fault.reason);
    ASSERT_NE(entry, nullptr) << fault.reason;
    EXPECT_EQ(entry->code.value_or(fault.code), fault.code) << fault.reason;
  }
  EXPECT_GE(reasons.size(), 40U);
}

}  // namespace
}  // namespace parlance::faults
