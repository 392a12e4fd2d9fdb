#include "dialects/inference/generate_request.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "net/random.h"

namespace parlance::dialects::inference {
namespace {

constexpr std::string_view kSeed = "x-parlance-seed";
constexpr std::string_view kJsonSchema = "x-parlance-json-schema";
constexpr std::string_view kRegex = "x-parlance-regex";
constexpr std::string_view kSpecialTokens = "x-parlance-special-tokens";

Result<std::optional<models::TextFormat>> format_of(const ServerCall& call) {
  const auto schema = call.request_metadata().get(kJsonSchema), regex = call.request_metadata().get(kRegex);
  if (schema && regex) return invalid(concat(kJsonSchema, " and ", kRegex, " exclude each other"));
  if (schema) return models::TextFormat{.text = std::string{*schema}};
  if (regex) return models::TextFormat{.kind = models::TextFormat::Kind::kRegex, .text = std::string{*regex}};
  return std::nullopt;
}

Result<std::uint64_t> seed_of(const ServerCall& call) {
  const auto given = call.request_metadata().get(kSeed);
  if (!given) return net::thread_random()();
  std::uint64_t seed = 0;
  const char* const end = given->data() + given->size();
  const auto [stopped, error] = std::from_chars(given->data(), end, seed);
  if (error == std::errc{} && stopped == end) return seed;
  return invalid(
      concat(kSeed, " must be a whole number from 0 to 18446744073709551615, got \"", *given, "\""));
}

}  // namespace

Result<text::GenerateRequest> to_generate_request(const models::Repository& repository,
                                                  const ::inference::GenerateRequestView& request,
                                                  const ServerCall& call) {
  if (request.model_name().empty()) return invalid("model_name field is required and must not be empty");
  Result<models::ModelHandle> model = repository.find(request.model_name());
  if (!model) return std::unexpected{std::move(model).error()};
  if (request.max_tokens() < 0)
    return invalid(concat("max_tokens must not be negative, got ", request.max_tokens()));
  const Result<std::uint64_t> seed = seed_of(call);
  if (!seed) return std::unexpected{seed.error()};
  Result<std::optional<models::TextFormat>> format = format_of(call);
  if (!format) return std::unexpected{format.error()};
  const bool may_spell = call.request_metadata().get(kSpecialTokens) == "1";
  return text::GenerateRequest{
      .model = *std::move(model),
      .prompt = std::string{request.prompt()},
      .special_tokens = may_spell ? text::SpecialTokens::kTaken : text::SpecialTokens::kRefused,
      .max_tokens =
          request.max_tokens() > 0 ? static_cast<std::size_t>(request.max_tokens()) : text::kModelsMaxTokens,
      .sampling = {.temperature = request.temperature(),
                   .top_p = request.top_p() == 0 ? 1.0F : request.top_p(),
                   .seed = *seed},
      .format = *std::move(format)};
}

}  // namespace parlance::dialects::inference
