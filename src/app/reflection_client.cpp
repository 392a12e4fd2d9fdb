#include "app/reflection_client.h"

#include <utility>

#include "base/concat.h"

namespace parlance::app {
namespace {

constexpr std::string_view kV1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
constexpr std::string_view kV1Alpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

}  // namespace

ReflectionClient::ReflectionClient(Channel channel, const Metadata& metadata, Deadline deadline)
    : channel_(std::move(channel)), metadata_(metadata), deadline_(deadline), call_(open()) {}

ReflectionClient::Call ReflectionClient::open() const {
  return {channel_, use_v1alpha_ ? kV1Alpha : kV1, {.deadline = deadline_, .metadata = &metadata_}};
}

Result<ReflectionClient::Response> ReflectionClient::ask(const Request& request) {
  Result<Response> response = exchange(request);
  if (!response && response.error().code() == StatusCode::kUnimplemented &&
      !std::exchange(use_v1alpha_, true)) {
    call_ = open();
    response = exchange(request);
  }
  if (!response || !response->has_error_response()) return response;
  const auto& error = response->error_response();
  return std::unexpected{Status{static_cast<StatusCode>(error.error_code()), error.error_message()}};
}

Result<ReflectionClient::Response> ReflectionClient::exchange(const Request& request) {
  call_.write(request).wait();
  if (std::optional<Response> response = call_.read().wait()) return *std::move(response);
  Status status = call_.finish().wait();
  if (status.ok()) status = {StatusCode::kInternal, "the server ended the reflection call without an answer"};
  return std::unexpected{std::move(status)};
}

Result<std::vector<std::string>> ReflectionClient::list_services() {
  Request request;
  request.set_list_services("");
  const Result<Response> response = ask(request);
  if (!response) return std::unexpected{response.error()};
  std::vector<std::string> names;
  for (const auto& service : response->list_services_response().service()) names.push_back(service.name());
  return names;
}

}  // namespace parlance::app
