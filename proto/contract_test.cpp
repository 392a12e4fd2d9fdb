// The released shape of every message and service: numbers, names and types never change.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "grpc/health/v1/health.parlance.h"
#include "grpc/reflection/v1/reflection.parlance.h"
#include "grpc/reflection/v1alpha/reflection.parlance.h"
#include "kserve/grpc_service.parlance.h"
#include "parlance/inference.parlance.h"
#include "parlance/management.parlance.h"
#include "tfserving/model_service.parlance.h"
#include "tfserving/prediction_service.parlance.h"
#include "torchserve/inference.parlance.h"
#include "torchserve/management.parlance.h"
#include "torchserve/open_inference.parlance.h"

namespace {

namespace pb = google::protobuf;

std::string type_of(const pb::FieldDescriptor& field) {
  if (field.message_type() != nullptr) return std::string{field.message_type()->name()};
  if (field.enum_type() != nullptr) return std::string{field.enum_type()->name()};
  return field.type_name();
}

std::string shape_of(const pb::Descriptor& message) {
  std::ostringstream text;
  text << message.name() << ':';
  for (int index = 0; index < message.field_count(); ++index) {
    const pb::FieldDescriptor& field = *message.field(index);
    text << (index == 0 ? " " : "; ") << field.number() << ' ' << field.name() << ' '
         << (field.is_repeated() ? "repeated " : "") << type_of(field);
    if (field.real_containing_oneof() != nullptr) text << " in " << field.real_containing_oneof()->name();
  }
  return text.str();
}

std::string shape_of(const pb::MethodDescriptor& method) {
  std::ostringstream text;
  text << method.name() << '(' << (method.client_streaming() ? "stream " : "") << method.input_type()->name()
       << ") " << (method.server_streaming() ? "stream " : "") << method.output_type()->name();
  return text.str();
}

using Lines = std::vector<std::string>;

Lines messages_of(const pb::FileDescriptor* file) {
  Lines lines;
  for (int index = 0; index < file->message_type_count(); ++index) {
    lines.push_back(shape_of(*file->message_type(index)));
  }
  return lines;
}

Lines methods_of(const pb::FileDescriptor* file) {
  Lines lines;
  const pb::ServiceDescriptor& service = *file->service(0);
  for (int index = 0; index < service.method_count(); ++index)
    lines.push_back(shape_of(*service.method(index)));
  return lines;
}

TEST(InferenceProto, HasItsReleasedShape) {
  const pb::FileDescriptor* file = inference::PredictRequest::descriptor()->file();
  EXPECT_EQ(file->name(), "parlance/inference.proto");
  EXPECT_EQ(inference::InferenceService::kFullName, "inference.InferenceService");
  EXPECT_EQ(methods_of(file),
            (Lines{"Predict(PredictRequest) PredictResponse", "Embed(EmbedRequest) EmbedResponse",
                   "Generate(GenerateRequest) stream GenerateToken",
                   "BatchPredict(BatchPredictRequest) BatchPredictResponse",
                   "StreamingPredict(stream PredictRequest) stream PredictResponse"}));
  EXPECT_EQ(
      messages_of(file),
      (Lines{
          "PredictRequest: 1 request_id string; 2 model_name string; 3 model_version int32; 4 features "
          "repeated "
          "float; 5 feature_shape repeated int32; 6 raw_input bytes; 7 input_format string; 8 deadline_ms "
          "int64",
          "PredictResponse: 1 request_id string; 2 predictions repeated float; 3 prediction_shape repeated "
          "int32; "
          "4 top_k repeated ClassScore; 5 model_name string; 6 model_version int32; 7 inference_latency_ms "
          "float",
          "ClassScore: 1 label string; 2 score float; 3 class_id int32",
          "EmbedRequest: 1 request_id string; 2 text string; 3 model_name string; 4 normalize bool",
          "EmbedResponse: 1 request_id string; 2 embedding repeated float; 3 dimension int32",
          "GenerateRequest: 1 request_id string; 2 prompt string; 3 model_name string; 4 max_tokens int32; "
          "5 temperature float; 6 top_p float",
          "GenerateToken: 1 request_id string; 2 token string; 3 token_id int32; 4 log_prob float; 5 "
          "is_final "
          "bool; 6 finish_reason string",
          "BatchPredictRequest: 1 requests repeated PredictRequest; 2 allow_dynamic_batching bool",
          "BatchPredictResponse: 1 responses repeated PredictResponse"}));
}

/// As the Open Inference Protocol and Triton have it; both are in one package with our own service.
TEST(KServeProto, HasTheProtocolsShape) {
  const pb::FileDescriptor* file = inference::ModelInferRequest::descriptor()->file();
  EXPECT_EQ(file->name(), "kserve/grpc_service.proto");
  EXPECT_EQ(inference::GRPCInferenceService::kFullName, "inference.GRPCInferenceService");
  EXPECT_EQ(
      methods_of(file),
      (Lines{
          "ServerLive(ServerLiveRequest) ServerLiveResponse",
          "ServerReady(ServerReadyRequest) ServerReadyResponse",
          "ModelReady(ModelReadyRequest) ModelReadyResponse",
          "ServerMetadata(ServerMetadataRequest) ServerMetadataResponse",
          "ModelMetadata(ModelMetadataRequest) ModelMetadataResponse",
          "ModelInfer(ModelInferRequest) ModelInferResponse",
          "ModelStreamInfer(stream ModelInferRequest) stream ModelStreamInferResponse",
          "ModelStatistics(ModelStatisticsRequest) ModelStatisticsResponse",
          "RepositoryIndex(RepositoryIndexRequest) RepositoryIndexResponse",
          "ModelConfig(ModelConfigRequest) ModelConfigResponse",
          "RepositoryModelLoad(RepositoryModelLoadRequest) RepositoryModelLoadResponse",
          "RepositoryModelUnload(RepositoryModelUnloadRequest) RepositoryModelUnloadResponse",
          "SystemSharedMemoryStatus(SystemSharedMemoryStatusRequest) SystemSharedMemoryStatusResponse",
          "SystemSharedMemoryRegister(SystemSharedMemoryRegisterRequest) SystemSharedMemoryRegisterResponse",
          "SystemSharedMemoryUnregister(SystemSharedMemoryUnregisterRequest) "
          "SystemSharedMemoryUnregisterResponse",
          "CudaSharedMemoryStatus(CudaSharedMemoryStatusRequest) CudaSharedMemoryStatusResponse",
          "CudaSharedMemoryRegister(CudaSharedMemoryRegisterRequest) CudaSharedMemoryRegisterResponse",
          "CudaSharedMemoryUnregister(CudaSharedMemoryUnregisterRequest) CudaSharedMemoryUnregisterResponse",
          "TraceSetting(TraceSettingRequest) TraceSettingResponse",
          "LogSettings(LogSettingsRequest) LogSettingsResponse"}));
  EXPECT_EQ(
      shape_of(*inference::ModelInferRequest::descriptor()),
      "ModelInferRequest: 1 model_name string; 2 model_version string; 3 id string; 4 parameters repeated "
      "ParametersEntry; 5 inputs repeated InferInputTensor; 6 outputs repeated InferRequestedOutputTensor; 7 "
      "raw_input_contents repeated bytes");
  EXPECT_EQ(
      shape_of(*inference::ModelInferRequest::InferInputTensor::descriptor()),
      "InferInputTensor: 1 name string; 2 datatype string; 3 shape repeated int64; 4 parameters repeated "
      "ParametersEntry; 5 contents InferTensorContents");
  EXPECT_EQ(
      shape_of(*inference::InferTensorContents::descriptor()),
      "InferTensorContents: 1 bool_contents repeated bool; 2 int_contents repeated int32; 3 int64_contents "
      "repeated int64; 4 uint_contents repeated uint32; 5 uint64_contents repeated uint64; 6 fp32_contents "
      "repeated float; 7 fp64_contents repeated double; 8 bytes_contents repeated bytes");
  EXPECT_EQ(
      shape_of(*inference::InferParameter::descriptor()),
      "InferParameter: 1 bool_param bool in parameter_choice; 2 int64_param int64 in parameter_choice; 3 "
      "string_param string in parameter_choice; 4 double_param double in parameter_choice; 5 uint64_param "
      "uint64 in parameter_choice");
  EXPECT_EQ(shape_of(*inference::ModelStreamInferResponse::descriptor()),
            "ModelStreamInferResponse: 1 error_message string; 2 infer_response ModelInferResponse");
  EXPECT_EQ(
      shape_of(*inference::ModelInferResponse::descriptor()),
      "ModelInferResponse: 1 model_name string; 2 model_version string; 3 id string; 4 parameters repeated "
      "ParametersEntry; 5 outputs repeated InferOutputTensor; 6 raw_output_contents repeated bytes");
  EXPECT_EQ(
      shape_of(*inference::ModelInferResponse::InferOutputTensor::descriptor()),
      "InferOutputTensor: 1 name string; 2 datatype string; 3 shape repeated int64; 4 parameters repeated "
      "ParametersEntry; 5 contents InferTensorContents");
  EXPECT_EQ(shape_of(*inference::ModelStatistics::descriptor()),
            "ModelStatistics: 1 name string; 2 version string; 3 last_inference uint64; 4 inference_count "
            "uint64; 5 "
            "execution_count uint64; 6 inference_stats InferStatistics; 7 batch_stats repeated "
            "InferBatchStatistics; 8 "
            "memory_usage repeated MemoryUsage; 9 response_stats repeated ResponseStatsEntry");
}

TEST(TorchServeProto, HasTheProtocolsShape) {
  namespace torchserve = org::pytorch::serve::grpc::inference;
  const pb::FileDescriptor* file = torchserve::PredictionsRequest::descriptor()->file();
  EXPECT_EQ(file->name(), "torchserve/inference.proto");
  EXPECT_EQ(torchserve::InferenceAPIsService::kFullName,
            "org.pytorch.serve.grpc.inference.InferenceAPIsService");
  EXPECT_EQ(
      methods_of(file),
      (Lines{"Ping(Empty) TorchServeHealthResponse", "Predictions(PredictionsRequest) PredictionResponse",
             "StreamPredictions(PredictionsRequest) stream PredictionResponse",
             "StreamPredictions2(stream PredictionsRequest) stream PredictionResponse"}));
  EXPECT_EQ(messages_of(file),
            (Lines{"PredictionsRequest: 1 model_name string; 2 model_version string; 3 input repeated "
                   "InputEntry; 4 sequence_id string",
                   "PredictionResponse: 1 prediction bytes; 2 sequence_id string; 3 status Status",
                   "TorchServeHealthResponse: 1 health string"}));
  for (const auto* field : {torchserve::PredictionsRequest::descriptor()->FindFieldByNumber(4),
                            torchserve::PredictionResponse::descriptor()->FindFieldByNumber(2)}) {
    EXPECT_TRUE(field->has_presence());
  }
  const pb::Descriptor* entry =
      torchserve::PredictionsRequest::descriptor()->FindFieldByNumber(3)->message_type();
  EXPECT_EQ(shape_of(*entry), "InputEntry: 1 key string; 2 value bytes");
}

TEST(TorchServeManagementProto, HasTheProtocolsShape) {
  namespace torchserve = org::pytorch::serve::grpc::management;
  const pb::FileDescriptor* file = torchserve::ManagementResponse::descriptor()->file();
  EXPECT_EQ(file->name(), "torchserve/management.proto");
  EXPECT_EQ(torchserve::ManagementAPIsService::kFullName,
            "org.pytorch.serve.grpc.management.ManagementAPIsService");
  EXPECT_EQ(methods_of(file), (Lines{"DescribeModel(DescribeModelRequest) ManagementResponse",
                                     "ListModels(ListModelsRequest) ManagementResponse",
                                     "RegisterModel(RegisterModelRequest) ManagementResponse",
                                     "ScaleWorker(ScaleWorkerRequest) ManagementResponse",
                                     "SetDefault(SetDefaultRequest) ManagementResponse",
                                     "UnregisterModel(UnregisterModelRequest) ManagementResponse"}));
  EXPECT_EQ(
      messages_of(file),
      (Lines{"ManagementResponse: 1 msg string",
             "DescribeModelRequest: 1 model_name string; 2 model_version string; 3 customized bool",
             "ListModelsRequest: 1 limit int32; 2 next_page_token int32",
             "RegisterModelRequest: 1 batch_size int32; 2 handler string; 3 initial_workers int32; 4 "
             "max_batch_delay int32; 5 model_name string; 6 response_timeout int32; 7 runtime string; 8 "
             "synchronous bool; 9 url string; 10 s3_sse_kms bool; 11 startup_timeout int32",
             "ScaleWorkerRequest: 1 model_name string; 2 model_version string; 3 max_worker int32; 4 "
             "min_worker int32; 5 number_gpu int32; 6 synchronous bool; 7 timeout int32",
             "SetDefaultRequest: 1 model_name string; 2 model_version string",
             "UnregisterModelRequest: 1 model_name string; 2 model_version string"}));
}

/// All that the two packages have in common is the same, so that one handler serves both.
TEST(TorchServeOpenInferenceProto, IsKServesOnTheWire) {
  namespace torchserve = org::pytorch::serve::grpc::openinference;
  const pb::FileDescriptor* file = torchserve::ModelInferRequest::descriptor()->file();
  const pb::FileDescriptor* kserve = inference::ModelInferRequest::descriptor()->file();
  EXPECT_EQ(torchserve::GRPCInferenceService::kFullName,
            "org.pytorch.serve.grpc.openinference.GRPCInferenceService");
  const Lines kserve_methods = methods_of(kserve);
  for (const std::string& method : methods_of(file))
    EXPECT_NE(std::ranges::find(kserve_methods, method), kserve_methods.end()) << method;
  const std::function<void(const pb::Descriptor&, const pb::Descriptor&)> compare =
      [&](const pb::Descriptor& ours, const pb::Descriptor& theirs) {
        for (int index = 0; index < ours.field_count(); ++index) {
          const pb::FieldDescriptor& field = *ours.field(index);
          const pb::FieldDescriptor* other = theirs.FindFieldByNumber(field.number());
          ASSERT_NE(other, nullptr) << field.full_name();
          EXPECT_EQ(field.name(), other->name());
          EXPECT_EQ(field.type(), other->type()) << field.full_name();
          EXPECT_EQ(field.label(), other->label()) << field.full_name();
        }
        for (int index = 0; index < ours.nested_type_count(); ++index) {
          const pb::Descriptor* other = theirs.FindNestedTypeByName(ours.nested_type(index)->name());
          ASSERT_NE(other, nullptr) << ours.nested_type(index)->full_name();
          compare(*ours.nested_type(index), *other);
        }
      };
  for (int index = 0; index < file->message_type_count(); ++index) {
    const pb::Descriptor* other = kserve->FindMessageTypeByName(file->message_type(index)->name());
    ASSERT_NE(other, nullptr) << file->message_type(index)->name();
    compare(*file->message_type(index), *other);
  }
}

/// As TensorFlow and TensorFlow Serving have it.
TEST(TfServingProto, HasTheProtocolsShape) {
  namespace serving = tensorflow::serving;
  const pb::FileDescriptor* predictions = serving::PredictRequest::descriptor()->file();
  EXPECT_EQ(predictions->name(), "tfserving/prediction_service.proto");
  EXPECT_EQ(serving::PredictionService::kFullName, "tensorflow.serving.PredictionService");
  EXPECT_EQ(methods_of(predictions),
            (Lines{"Classify(ClassificationRequest) ClassificationResponse",
                   "Regress(RegressionRequest) RegressionResponse", "Predict(PredictRequest) PredictResponse",
                   "MultiInference(MultiInferenceRequest) MultiInferenceResponse",
                   "GetModelMetadata(GetModelMetadataRequest) GetModelMetadataResponse"}));
  EXPECT_EQ(
      messages_of(predictions),
      (Lines{
          "ModelSpec: 1 name string; 2 version Int64Value in version_choice; 4 version_label string in "
          "version_choice; 3 signature_name string",
          "PredictRequest: 1 model_spec ModelSpec; 2 inputs repeated InputsEntry; 3 output_filter repeated "
          "string; 5 predict_streamed_options PredictStreamedOptions; 6 client_id bytes; 7 request_options "
          "RequestOptions",
          "PredictStreamedOptions: 1 request_state RequestState; 2 split_dimensions repeated "
          "SplitDimensionsEntry; 3 return_single_response bool",
          "PredictResponse: 2 model_spec ModelSpec; 1 outputs repeated OutputsEntry",
          "ExampleList: 1 examples repeated Example",
          "ExampleListWithContext: 1 examples repeated Example; 2 context Example",
          "Input: 1 example_list ExampleList in kind; 2 example_list_with_context ExampleListWithContext in "
          "kind",
          "Class: 1 label string; 2 score float",
          "Classifications: 1 classes repeated Class",
          "ClassificationResult: 1 classifications repeated Classifications",
          "ClassificationRequest: 1 model_spec ModelSpec; 2 input Input",
          "ClassificationResponse: 2 model_spec ModelSpec; 1 result ClassificationResult",
          "Regression: 1 value float",
          "RegressionResult: 1 regressions repeated Regression",
          "RegressionRequest: 1 model_spec ModelSpec; 2 input Input",
          "RegressionResponse: 2 model_spec ModelSpec; 1 result RegressionResult",
          "InferenceTask: 1 model_spec ModelSpec; 2 method_name string",
          "InferenceResult: 1 model_spec ModelSpec; 2 classification_result ClassificationResult in result; "
          "3 "
          "regression_result RegressionResult in result",
          "MultiInferenceRequest: 1 tasks repeated InferenceTask; 2 input Input",
          "MultiInferenceResponse: 1 results repeated InferenceResult",
          "SignatureDefMap: 1 signature_def repeated SignatureDefEntry",
          "GetModelMetadataRequest: 1 model_spec ModelSpec; 2 metadata_field repeated string",
          "GetModelMetadataResponse: 1 model_spec ModelSpec; 2 metadata repeated MetadataEntry"}));
  EXPECT_EQ(
      shape_of(*tensorflow::TensorProto::descriptor()),
      "TensorProto: 1 dtype DataType; 2 tensor_shape TensorShapeProto; 3 version_number int32; 4 "
      "tensor_content bytes; 13 half_val repeated int32; 5 float_val repeated float; 6 double_val repeated "
      "double; 7 int_val repeated int32; 8 string_val repeated bytes; 9 scomplex_val repeated float; 10 "
      "int64_val repeated int64; 11 bool_val repeated bool; 12 dcomplex_val repeated double; 14 "
      "resource_handle_val repeated ResourceHandleProto; 15 variant_val repeated VariantTensorDataProto; "
      "16 uint32_val repeated uint32; 17 uint64_val repeated uint64; 18 float8_val bytes");
  const pb::FileDescriptor* models = serving::ReloadConfigRequest::descriptor()->file();
  EXPECT_EQ(models->name(), "tfserving/model_service.proto");
  EXPECT_EQ(serving::ModelService::kFullName, "tensorflow.serving.ModelService");
  EXPECT_EQ(methods_of(models),
            (Lines{"GetModelStatus(GetModelStatusRequest) GetModelStatusResponse",
                   "HandleReloadConfigRequest(ReloadConfigRequest) ReloadConfigResponse"}));
  EXPECT_EQ(
      shape_of(*serving::ModelConfig::descriptor()),
      "ModelConfig: 1 name string; 2 base_path string; 3 model_type ModelType; 4 model_platform string; 7 "
      "model_version_policy ServableVersionPolicy; 8 version_labels repeated VersionLabelsEntry; 6 "
      "logging_config LoggingConfig");
  EXPECT_EQ(static_cast<int>(serving::ModelVersionStatus::AVAILABLE), 30);
  EXPECT_EQ(static_cast<int>(tensorflow::DT_UINT64), 23);
}

/// Two files of one name, or two messages, would end any program that links both.
TEST(Protos, OfEveryDialectLieInOnePool) {
  const pb::DescriptorPool& pool = *pb::DescriptorPool::generated_pool();
  for (const pb::Descriptor* message :
       {inference::ModelInferRequest::descriptor(), inference::PredictRequest::descriptor(),
        parlance::management::v1::ListModelsRequest::descriptor(),
        tensorflow::serving::PredictRequest::descriptor(),
        tensorflow::serving::ReloadConfigRequest::descriptor(), tensorflow::Example::descriptor(),
        tensorflow::SignatureDef::descriptor(), tensorflow::TensorProto::descriptor(),
        org::pytorch::serve::grpc::inference::PredictionsRequest::descriptor()}) {
    EXPECT_EQ(pool.FindMessageTypeByName(message->full_name()), message);
    EXPECT_EQ(pool.FindFileByName(message->file()->name()), message->file());
  }
}

TEST(HealthProto, HasItsReleasedShape) {
  const pb::FileDescriptor* file = grpc::health::v1::HealthCheckRequest::descriptor()->file();
  EXPECT_EQ(grpc::health::v1::Health::kFullName, "grpc.health.v1.Health");
  EXPECT_EQ(methods_of(file), (Lines{"Check(HealthCheckRequest) HealthCheckResponse",
                                     "List(HealthListRequest) HealthListResponse",
                                     "Watch(HealthCheckRequest) stream HealthCheckResponse"}));
  EXPECT_EQ(messages_of(file),
            (Lines{"HealthCheckRequest: 1 service string", "HealthCheckResponse: 1 status ServingStatus",
                   "HealthListRequest:", "HealthListResponse: 1 statuses repeated StatusesEntry"}));
  using Response = grpc::health::v1::HealthCheckResponse;
  EXPECT_EQ(static_cast<int>(Response::UNKNOWN), 0);
  EXPECT_EQ(static_cast<int>(Response::SERVING), 1);
  EXPECT_EQ(static_cast<int>(Response::NOT_SERVING), 2);
  EXPECT_EQ(static_cast<int>(Response::SERVICE_UNKNOWN), 3);
}

const Lines kReflectionMessages{
    "ServerReflectionRequest: 1 host string; 3 file_by_filename string in message_request; 4 "
    "file_containing_symbol "
    "string in message_request; 5 file_containing_extension ExtensionRequest in message_request; 6 "
    "all_extension_numbers_of_type string in message_request; 7 list_services string in message_request",
    "ExtensionRequest: 1 containing_type string; 2 extension_number int32",
    "ServerReflectionResponse: 1 valid_host string; 2 original_request ServerReflectionRequest; 4 "
    "file_descriptor_response FileDescriptorResponse in message_response; 5 all_extension_numbers_response "
    "ExtensionNumberResponse in message_response; 6 list_services_response ListServiceResponse in "
    "message_response; 7 "
    "error_response ErrorResponse in message_response",
    "FileDescriptorResponse: 1 file_descriptor_proto repeated bytes",
    "ExtensionNumberResponse: 1 base_type_name string; 2 extension_number repeated int32",
    "ListServiceResponse: 1 service repeated ServiceResponse",
    "ServiceResponse: 1 name string",
    "ErrorResponse: 1 error_code int32; 2 error_message string"};
const Lines kReflectionMethods{
    "ServerReflectionInfo(stream ServerReflectionRequest) stream ServerReflectionResponse"};

TEST(ReflectionProto, HasItsReleasedShapeInBothPackages) {
  for (const pb::FileDescriptor* file : {grpc::reflection::v1::ErrorResponse::descriptor()->file(),
                                         grpc::reflection::v1alpha::ErrorResponse::descriptor()->file()}) {
    EXPECT_EQ(messages_of(file), kReflectionMessages);
    EXPECT_EQ(methods_of(file), kReflectionMethods);
  }
  EXPECT_EQ(grpc::reflection::v1::ServerReflection::kFullName, "grpc.reflection.v1.ServerReflection");
  EXPECT_EQ(grpc::reflection::v1alpha::ServerReflection::kFullName,
            "grpc.reflection.v1alpha.ServerReflection");
}

}  // namespace
