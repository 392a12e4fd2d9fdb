#include "dialects/tfserving/errors.h"

#include <utility>

#include "base/concat.h"

namespace parlance::dialects::tfserving {
namespace {

constexpr std::size_t kMostMessageBytes = 1024;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

Status cut(const Status& status) {
  const std::string_view message = status.message();
  if (message.size() <= kMostMessageBytes) return status;
  std::size_t end = kMostMessageBytes;
  while (end > 0 && continues_character(message[end])) --end;
  const auto details = status.details();
  return {status.code(), concat(message.substr(0, end), "...TRUNCATED"), {details.begin(), details.end()}};
}

std::unexpected<Status> servable_not_found(std::string_view model, std::optional<std::int64_t> version) {
  const std::string asked =
      version ? concat("Specific(", model, ", ", *version, ")") : concat("Latest(", model, ")");
  return std::unexpected{grpc::make_error(StatusCode::kNotFound, "MODEL_NOT_FOUND",
                                          concat("Servable not found for request: ", asked),
                                          {{"hop", "server"}, {"observed", std::string{model}}})};
}

std::unexpected<Status> too_large(std::string_view input, std::size_t limit) {
  return std::unexpected{
      grpc::make_error(StatusCode::kResourceExhausted, "TENSOR_TOO_LARGE",
                       concat("Input \"", input, "\" is larger than ", limit,
                              " bytes with its last value repeated; send all of its values"),
                       {{"hop", "server"}, {"limit", std::to_string(limit)}})};
}

Status check_count(std::string_view what, std::size_t count, std::size_t most) {
  if (count <= most) return {};
  return grpc::make_error(
      StatusCode::kResourceExhausted, "BATCH_TOO_LARGE",
      concat("the request has ", count, " ", what, ", more than the ", most, " that are taken at once"),
      {{"hop", "server"}, {"limit", std::to_string(most)}, {"observed", std::to_string(count)}});
}

std::unexpected<Status> no_signature(StatusCode code, std::string message) {
  return std::unexpected{
      grpc::make_error(code, "SIGNATURE_NOT_FOUND", std::move(message), {{"hop", "server"}})};
}

}  // namespace parlance::dialects::tfserving
