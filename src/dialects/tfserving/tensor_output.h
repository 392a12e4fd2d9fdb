#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "google/protobuf/wrappers.views.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "tfserving/prediction_service.views.h"

namespace parlance::dialects::tfserving {

/// OK when every output that the request asks for is one of the signature's, at most once. INVALID_ARGUMENT
/// "output tensor alias not found in signature: …", "duplicate output tensor alias: …".
Status check_outputs(const ::tensorflow::serving::PredictRequestView& request,
                     const models::Signature& signature);

/// What answers name as the model that answered.
class AnsweredBy {
 public:
  /// Borrows `model` and `signature`; spec() borrows from this.
  AnsweredBy(std::string_view model, std::int64_t version, std::string_view signature)
      : version_{.value = version}, spec_{.name = model, .version = &version_, .signature_name = signature} {}
  AnsweredBy(const AnsweredBy&) = delete;
  AnsweredBy& operator=(const AnsweredBy&) = delete;

  const ::tensorflow::serving::ModelSpecFields& spec() const { return spec_; }

 private:
  const ::google::protobuf::Int64ValueFields version_;
  const ::tensorflow::serving::ModelSpecFields spec_;
};

/// The response to a Predict: the outputs that it asks for, or all, in the fields of their types, as
/// TensorFlow Serving sends them.
class PredictResponse {
 public:
  /// Borrows from all; its fields() borrow from this, too.
  PredictResponse(const ::tensorflow::serving::PredictRequestView& request, const AnsweredBy& model,
                  const models::Tensors& outputs);
  PredictResponse(const PredictResponse&) = delete;
  PredictResponse& operator=(const PredictResponse&) = delete;

  const ::tensorflow::serving::PredictResponseFields& fields() const { return fields_; }

 private:
  using Fields = ::tensorflow::serving::PredictResponseFields;

  struct Output {
    std::vector<::tensorflow::TensorShapeProtoFields::Dim> dimensions;
    ::tensorflow::TensorShapeProtoFields shape;
    std::vector<std::int32_t> widened;      // of narrow integers and of the bits of halves
    std::vector<std::string_view> strings;  // of DT_STRING
    ::tensorflow::TensorProtoFields tensor;
  };
  static void write(const models::Tensor& from, Output& to);

  std::vector<Output> outputs_;
  std::vector<Fields::OutputsEntry> entries_;
  Fields fields_;
};

}  // namespace parlance::dialects::tfserving
