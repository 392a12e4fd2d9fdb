#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "dialects/kserve/shared_memory.h"
#include "kserve/grpc_service.views.h"
#include "models/labels.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::dialects::kserve {

/// An output that a request asks for by name.
struct WantedOutput {
  std::string_view name;
  std::size_t classes = 0;                   // so many of the best; 0: the values
  std::optional<SharedMemory::Piece> place;  // where the values go; nothing: into the response
};

/// The outputs that a request asks for, in its order; none: all that the model has. Each is one of the
/// model's, at most once. INVALID_ARGUMENT otherwise; else as find_place(). `peer`: who asks.
Result<std::vector<WantedOutput>> read_outputs(const ::inference::ModelInferRequestView& request,
                                               const models::Signature& signature, const SharedMemory& memory,
                                               std::string_view peer);

/// The response: the outputs that the request asks for in its order, or all, written from where the engine
/// left them; raw when the request's inputs were, or when a datatype has no typed contents. As Triton does,
/// an output in shared memory has empty raw contents.
class InferResponse {
 public:
  struct Result {
    std::string_view model;
    std::int64_t version = 0;
    const models::Signature& signature;
    const models::Labels& labels;  // of the first output
    const models::Tensors& outputs;
  };

  /// Borrows from its arguments; its fields() borrow from this. Values that go to shared memory are written
  /// there.
  InferResponse(const ::inference::ModelInferRequestView& request, const std::vector<WantedOutput>& wanted,
                const Result& result);
  InferResponse(const InferResponse&) = delete;
  InferResponse& operator=(const InferResponse&) = delete;

  /// INTERNAL when an output is larger than its place in shared memory, INVALID_ARGUMENT when one that is
  /// asked for as classes has none: then there is no response.
  const Status& status() const { return status_; }
  /// Says in its parameters that no more answers to the request come.
  void set_final();
  const ::inference::ModelInferResponseFields& fields() const { return fields_; }

 private:
  using Fields = ::inference::ModelInferResponseFields;

  /// Narrow integers, which the protocol sends as wider ones, and elements of BYTES.
  struct Unpacked {
    std::vector<std::int32_t> ints;
    std::vector<std::uint32_t> uints;
    std::vector<std::string_view> elements;
  };

  void select(const std::vector<WantedOutput>& wanted, const Result& result);
  void select(const WantedOutput& wanted, const Result& result);
  static ::inference::InferTensorContentsFields contents_of(const models::Tensor& tensor, Unpacked& unpacked);
  void add(const models::Tensor& tensor, bool is_elsewhere, bool raw);

  struct Selected {
    const models::Tensor* tensor;
    bool is_elsewhere = false;  // in shared memory
  };

  const std::string version_;
  Status status_;
  std::deque<models::Tensor> classes_;
  std::vector<Selected> selected_;
  std::vector<Fields::InferOutputTensor> tensors_;
  std::deque<Unpacked> unpacked_;
  std::deque<::inference::InferTensorContentsFields> contents_;
  std::vector<Bytes> raw_contents_;
  ::inference::InferParameterFields final_;
  std::array<Fields::ParametersEntry, 1> parameters_;
  Fields fields_;
};

}  // namespace parlance::dialects::kserve
