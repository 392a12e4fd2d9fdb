#include "dialects/torchserve/management_service.h"

#include "rpc/offload.h"

namespace parlance::dialects::torchserve {
namespace {

using Response = ManagementApisHandler::Response;

Result<Response> to_response(Result<std::string> text) {
  if (!text) return std::unexpected{std::move(text).error()};
  Response response;
  response.set_msg(*std::move(text));
  return response;
}

}  // namespace

Task<Result<Response>> ManagementApisHandler::DescribeModel(
    ServerCall&, Incoming<management::DescribeModelRequest> request) {
  co_return to_response(
      describer_.describe(request->model_name(), request->model_version(), request->customized()));
}

Task<Result<Response>> ManagementApisHandler::ListModels(ServerCall&,
                                                         Incoming<management::ListModelsRequest> request) {
  co_return to_response(describer_.list(request->limit(), request->next_page_token()));
}

Task<Result<Response>> ManagementApisHandler::RegisterModel(
    ServerCall& call, Incoming<management::RegisterModelRequest> request) {
  const auto is_wanted = [&call] { return !call.cancelled(); };
  auto work = [&] { return admin_.register_model(*request, is_wanted); };
  Result<std::string> answer = co_await offload(registering_, work);
  co_return to_response(std::move(answer));
}

Task<Result<Response>> ManagementApisHandler::ScaleWorker(ServerCall&,
                                                          Incoming<management::ScaleWorkerRequest> request) {
  auto work = [&] { return admin_.scale(*request); };
  Result<std::string> answer = co_await offload(workers_, work);
  co_return to_response(std::move(answer));
}

Task<Result<Response>> ManagementApisHandler::SetDefault(ServerCall&,
                                                         Incoming<management::SetDefaultRequest> request) {
  co_return to_response(admin_.set_default(*request));
}

Task<Result<Response>> ManagementApisHandler::UnregisterModel(
    ServerCall& call, Incoming<management::UnregisterModelRequest> request) {
  auto work = [&] { return admin_.unregister_model(*request, call.deadline()); };
  Result<std::string> answer = co_await offload(workers_, work);
  co_return to_response(std::move(answer));
}

}  // namespace parlance::dialects::torchserve
