#include "services/reflection_answers.h"

#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <unordered_set>

#include "base/concat.h"
#include "base/status.h"

namespace parlance::services {
namespace {

namespace pb = google::protobuf;
namespace reflection = ::grpc::reflection::v1;
using Response = reflection::ServerReflectionResponse;

void answer_error(StatusCode code, std::string message, Response& response) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(static_cast<int>(code));
  error.set_error_message(std::move(message));
}

void answer_not_found(std::string_view kind, std::string_view name, Response& response) {
  answer_error(StatusCode::kNotFound, concat(kind, " not found: ", name), response);
}

void add_with_imports(const pb::FileDescriptor& file, std::unordered_set<const pb::FileDescriptor*>& added,
                      reflection::FileDescriptorResponse& files) {
  if (!added.insert(&file).second) return;
  pb::FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);  // as protoc writes it; clients that make JSON read it
  files.add_file_descriptor_proto(proto.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) add_with_imports(*file.dependency(i), added, files);
}

void answer_file(const pb::FileDescriptor& file, Response& response) {
  std::unordered_set<const pb::FileDescriptor*> added;
  add_with_imports(file, added, *response.mutable_file_descriptor_response());
}

void answer_extension(const reflection::ExtensionRequest& request, const pb::DescriptorPool& pool,
                      Response& response) {
  const auto* type = pool.FindMessageTypeByName(request.containing_type());
  if (type == nullptr) return answer_not_found("type", request.containing_type(), response);
  if (const auto* extension = pool.FindExtensionByNumber(type, request.extension_number())) {
    return answer_file(*extension->file(), response);
  }
  answer_not_found("extension", concat(request.extension_number(), " of ", type->full_name()), response);
}

void answer_extension_numbers(const std::string& type_name, const pb::DescriptorPool& pool,
                              Response& response) {
  const auto* type = pool.FindMessageTypeByName(type_name);
  if (type == nullptr) return answer_not_found("type", type_name, response);
  std::vector<const pb::FieldDescriptor*> extensions;
  pool.FindAllExtensions(type, &extensions);
  auto& numbers = *response.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(type->full_name());
  for (const auto* extension : extensions) numbers.add_extension_number(extension->number());
  std::ranges::sort(*numbers.mutable_extension_number());
}

}  // namespace

Response answer_reflection(const reflection::ServerReflectionRequest& request, const pb::DescriptorPool& pool,
                           const std::vector<std::string>& service_names) {
  using Request = reflection::ServerReflectionRequest;
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      if (const auto* file = pool.FindFileByName(request.file_by_filename())) {
        answer_file(*file, response);
      } else {
        answer_not_found("file", request.file_by_filename(), response);
      }
      break;
    case Request::kFileContainingSymbol:
      if (const auto* file = pool.FindFileContainingSymbol(request.file_containing_symbol())) {
        answer_file(*file, response);
      } else {
        answer_not_found("symbol", request.file_containing_symbol(), response);
      }
      break;
    case Request::kFileContainingExtension:
      answer_extension(request.file_containing_extension(), pool, response);
      break;
    case Request::kAllExtensionNumbersOfType:
      answer_extension_numbers(request.all_extension_numbers_of_type(), pool, response);
      break;
    case Request::kListServices: {
      auto& list = *response.mutable_list_services_response();
      for (const std::string& name : service_names) list.add_service()->set_name(name);
      break;
    }
    case Request::MESSAGE_REQUEST_NOT_SET:
      answer_error(StatusCode::kInvalidArgument, "the request asks nothing", response);
      break;
  }
  return response;
}

}  // namespace parlance::services
