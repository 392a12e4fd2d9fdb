#include "dialects/torchserve/exceptions.h"

#include <algorithm>
#include <array>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::dialects::torchserve {
namespace {

using enum StatusCode;

// In the order of Exception. Where TorchServe's gRPC lets one fall through to UNKNOWN, the code is that of
// its table for HTTP statuses.
constexpr std::array<ExceptionKind, 12> kKinds{{
    {"org.pytorch.serve.http.BadRequestException", kInvalidArgument, 400},
    {"org.pytorch.serve.http.ConflictStatusException", kAborted, 409},
    {"org.pytorch.serve.http.InternalServerException", kInternal, 500},
    {"org.pytorch.serve.archive.model.InvalidKeyException", kPermissionDenied, 400},
    {"org.pytorch.serve.archive.model.InvalidModelException", kInvalidArgument, 400},
    {"org.pytorch.serve.http.InvalidModelVersionException", kPermissionDenied, 403},
    {"org.pytorch.serve.http.MethodNotAllowedException", kFailedPrecondition, 405},
    {"org.pytorch.serve.archive.model.ModelException", kPermissionDenied, 400},
    {"org.pytorch.serve.archive.model.ModelNotFoundException", kNotFound, 404},
    {"org.pytorch.serve.archive.model.ModelVersionNotFoundException", kNotFound, 404},
    {"org.pytorch.serve.http.ResourceNotFoundException", kNotFound, 404},
    {"org.pytorch.serve.http.ServiceUnavailableException", kUnavailable, 503},
}};

}  // namespace

const ExceptionKind& kind_of(Exception exception) { return kKinds[static_cast<std::size_t>(exception)]; }

Status thrown(Exception exception, std::string_view text) {
  const ExceptionKind& kind = kind_of(exception);
  return grpc::make_error(kind.code, "TORCHSERVE_EXCEPTION", concat(text, "\n", kind.class_name),
                          {{"hop", "server"}, {"observed", std::string{kind.simple_name()}}});
}

Status exception_of(const Status& status, std::string_view model, std::string_view version) {
  const auto info = grpc::error_info(status);
  const std::string_view reason = info ? std::string_view{info->reason} : std::string_view{};
  if (model.empty()) return thrown(Exception::kBadRequest, "Parameter model_name is required.");
  if (reason == "MODEL_NOT_FOUND")
    return thrown(Exception::kModelNotFound, concat("Model not found: ", model));
  if (reason == "MODEL_VERSION_NOT_FOUND")
    return thrown(Exception::kModelVersionNotFound,
                  concat("Model version: ", version, " does not exist for model: ", model));
  if (status.code() == kUnavailable || status.code() == kResourceExhausted)
    return thrown(
        Exception::kServiceUnavailable,
        concat("Model \"", model, version.empty() ? "" : "\" Version ", version,
               "\" has no worker to serve inference request. Please use scale workers API to add workers. "
               "If this is a sequence inference, please check if it is closed, or expired; or exceeds "
               "maxSequenceJobQueueSize"));
  return status.code() == kInvalidArgument ? thrown(Exception::kBadRequest, status.message()) : status;
}

Status own_status(const Status& status, std::string_view model, std::string_view version) {
  if (status.ok() || status.code() == kCancelled || status.code() == kDeadlineExceeded) return status;
  const auto told = [](StatusCode code, std::string_view text, std::string_view name) {
    return grpc::make_error(code, "TORCHSERVE_EXCEPTION", concat(text, "\n", name), {{"hop", "server"}});
  };
  const Status meant = exception_of(status, model, version);
  const Thrown exception = thrown_in(meant);
  if (model.empty()) return told(kInternal, exception.text, "BadRequestException.()");
  if (exception.kind == &kind_of(Exception::kModelNotFound) ||
      exception.kind == &kind_of(Exception::kModelVersionNotFound))
    return told(kInternal, exception.text, exception.kind->class_name);
  if (exception.kind == &kind_of(Exception::kServiceUnavailable))
    return told(kInternal, exception.text, "InternalServerException.()");
  return told(status.code(), status.message(), kind_of(Exception::kInternalServer).class_name);
}

Thrown thrown_in(const Status& status) {
  const std::string_view message = status.message();
  const std::size_t cut = message.rfind('\n');
  if (cut == std::string_view::npos) return {.text = message};
  const auto found = std::ranges::find(kKinds, message.substr(cut + 1), &ExceptionKind::class_name);
  if (found == kKinds.end()) return {.text = message};
  return {.kind = &*found, .text = message.substr(0, cut)};
}

}  // namespace parlance::dialects::torchserve
