#pragma once

#include <memory>
#include <utility>

#include "dialects/invalid_input.h"
#include "dialects/kserve/rest/message.h"
#include "dialects/kserve/service.h"
#include "edge/http_call.h"
#include "kserve/grpc_service.views.h"

namespace parlance::dialects::kserve::rest {

/// A call of the service, by its messages.
template <typename RequestView, typename ResponseFields>
using Method = Task<Result<Written<ResponseFields>>> (GrpcInferenceServiceHandler::*)(ServerCall&,
                                                                                      Incoming<RequestView>);

/// The serialised answer to a serialised request. `service` outlives the task.
template <typename RequestView, typename ResponseFields>
Task<Result<Buffer>> ask(GrpcInferenceServiceHandler& service, ServerCall& call,
                         Method<RequestView, ResponseFields> method, Buffer message) {
  Incoming<RequestView> request{std::move(message)};
  if (!request.parse())  // all but what a path brings is known to be UTF-8
    co_return invalid("the names in the request's path must be UTF-8").error();
  Task<Result<Written<ResponseFields>>> running = (service.*method)(call, std::move(request));
  Result<Written<ResponseFields>> written = co_await std::move(running);
  if (!written) co_return written.error();
  co_return unframed(*std::move(written));
}

/// How a route turns its request into a message, serialised, and the message of the answer into its own.
using ReadRequest = Result<Buffer> (*)(const edge::HttpCall& call);
template <typename Message>
using WriteAnswer = edge::HttpResponse (*)(const Message& answer, const edge::HttpCall& call);

template <typename Message, typename RequestView, typename ResponseFields>
Task<Result<edge::HttpResponse>> answer(GrpcInferenceServiceHandler& service, edge::HttpCall& call,
                                        Method<RequestView, ResponseFields> method, ReadRequest read,
                                        WriteAnswer<Message> write) {
  Result<Buffer> request = read(call);
  if (!request) co_return request.error();
  Task<Result<Buffer>> asking = ask<RequestView, ResponseFields>(service, call, method, *std::move(request));
  const Result<Buffer> answered = co_await std::move(asking);
  if (!answered) co_return answered.error();
  Message message;
  message.ParseFromArray(answered->data(), static_cast<int>(answered->size()));
  co_return write(message, call);
}

/// The handler of a route that is one call of the service, whose answer is a `Message`.
template <typename Message, typename RequestView, typename ResponseFields>
edge::HttpHandler route(std::shared_ptr<GrpcInferenceServiceHandler> service,
                        Method<RequestView, ResponseFields> method, ReadRequest read,
                        WriteAnswer<Message> write) {
  return [service = std::move(service), method, read, write](edge::HttpCall& call) {
    return answer<Message, RequestView, ResponseFields>(*service, call, method, read, write);
  };
}

}  // namespace parlance::dialects::kserve::rest
