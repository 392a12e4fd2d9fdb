#include "dialects/kserve/rest/generate_stream.h"

#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_output.h"
#include "dialects/kserve/rest/generate.h"
#include "dialects/kserve/rest/infer_answer.h"
#include "dialects/kserve/rest/message.h"
#include "dialects/kserve/text_answer.h"
#include "grpc/error_details.h"
#include "wire/parsed.h"

namespace parlance::dialects::kserve::rest {
namespace {

using edge::HttpCall;
using edge::HttpResponse;
using Request = ::inference::ModelInferRequestView;

void begin(HttpCall& call) {
  call.begin({.content_type = "text/event-stream; charset=utf-8",
              .fields = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}}});
}

std::string event_of(std::string_view json) { return concat("data: ", json, "\n\n"); }

Result<std::string> event_of(const Request& request, const models::ModelHandle& model,
                             const text::TextPiece& piece) {
  const bool is_final = piece.finish.has_value();
  const TextAnswer answer{request,
                          request.model_name(),
                          model.version(),
                          {.text = piece.text, .is_final = is_final, .finish = piece.finish}};
  const Result<std::string> json = generate_json(serialize(answer.fields()).bytes());
  if (!json) return json;
  return event_of(*json);
}

/// Until the end, an error, or nobody reads.
Task<Status> write_pieces(HttpCall& call, const Request& request, text::Generation& generation, bool& begun) {
  while (std::optional<text::TextPiece> piece = co_await generation.next()) {
    if (!piece->status.ok()) co_return piece->status;
    if (piece->text.empty() && !piece->finish) continue;
    const Result<std::string> event = event_of(request, generation.model(), *piece);
    if (!event) co_return event.error();
    if (!std::exchange(begun, true)) begin(call);
    const bool reads = co_await call.write(*event);
    if (!reads) break;
  }
  co_return Status{};
}

}  // namespace

std::string error_json(const Status& status) {
  std::string json = R"({"error":)";
  append_json(json, status.message());
  if (const auto info = grpc::error_info(status)) {
    json += R"(,"reason":)";
    append_json(json, info->reason);
  }
  return json += '}';
}

Task<Result<HttpResponse>> generate_stream(GrpcInferenceServiceHandler& service, HttpCall& call) {
  const ModelName name{.model = call.parameter("model"), .version = call.parameter("version")};
  const Result<Buffer> message = read_generate_request(name, call.request().body);
  if (!message) co_return message.error();
  const auto request = wire::Parsed<Request>::of(message->bytes());
  if (!request) co_return invalid("the names in the request's path must be UTF-8").error();
  Result<text::GenerateRequest> wanted = service.text_asked(call, **request);
  if (!wanted) co_return wanted.error();
  Task<Result<text::Generation>> beginning = text::generate(call, *std::move(wanted));
  Result<text::Generation> generation = co_await std::move(beginning);
  if (!generation) co_return generation.error();
  bool begun = false;
  Task<Status> writing = write_pieces(call, **request, *generation, begun);
  const Status status = co_await std::move(writing);
  if (!status.ok() && !begun) co_return status;
  begin(call);
  if (!status.ok()) call.write(event_of(error_json(status)));
  if (!status.ok()) co_return status;
  co_return HttpResponse{};
}

}  // namespace parlance::dialects::kserve::rest
