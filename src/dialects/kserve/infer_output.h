#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::dialects::kserve {

/// OK when every output that the request asks for is one of the model's, at most once. INVALID_ARGUMENT
/// otherwise; UNIMPLEMENTED for an output as classes or in shared memory.
Status check_outputs(const ::inference::ModelInferRequestView& request, const models::Signature& signature);

/// Narrow integers, which the protocol sends as wider ones.
struct WidenedIntegers {
  std::vector<std::int32_t> ints;
  std::vector<std::uint32_t> uints;
};

/// The response: the outputs that the request asks for in its order, or all, written from where the engine
/// left them; raw when the request's inputs were raw, or when the datatype has no typed contents.
class InferResponse {
 public:
  /// Borrows from `request`, `model` and `outputs`; its fields() borrow from this.
  InferResponse(const ::inference::ModelInferRequestView& request, std::string_view model,
                std::int64_t version, const models::Tensors& outputs);
  InferResponse(const InferResponse&) = delete;
  InferResponse& operator=(const InferResponse&) = delete;

  /// Says in its parameters that no more answers to the request come.
  void set_final();
  const ::inference::ModelInferResponseFields& fields() const { return fields_; }

 private:
  using Fields = ::inference::ModelInferResponseFields;

  const std::string version_;
  std::vector<Fields::InferOutputTensor> tensors_;
  std::vector<WidenedIntegers> widened_;
  std::vector<::inference::InferTensorContentsFields> contents_;
  std::vector<Bytes> raw_contents_;
  ::inference::InferParameterFields final_;
  std::array<Fields::ParametersEntry, 1> parameters_;
  Fields fields_;
};

}  // namespace parlance::dialects::kserve
