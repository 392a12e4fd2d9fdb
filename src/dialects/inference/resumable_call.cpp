#include "dialects/inference/resumable_call.h"

#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/inference/generated_tokens.h"
#include "dialects/invalid_input.h"
#include "text/resumable_reader.h"
#include "wire/parsed.h"

namespace parlance::dialects::inference {
namespace {

using ::inference::GenerateTokenFields;
using ::inference::GenerateTokenView;

GenerateTokenFields to_message(std::string_view request_id, const GeneratedToken& token) {
  return {.request_id = request_id,
          .token = token.token,
          .token_id = token.token_id,
          .log_prob = token.log_prob,
          .is_final = token.is_final,
          .finish_reason = token.finish_reason};
}

std::vector<std::string> encode(text::TextPiece piece, bool is_first, const std::string& request_id) {
  std::vector<std::string> events;
  for (const GeneratedToken& token : to_tokens(std::move(piece), is_first)) {
    const GenerateTokenFields message = to_message(request_id, token);
    std::string& event = events.emplace_back(wire_size(message), '\0');
    wire_put(message, reinterpret_cast<std::byte*>(event.data() + event.size()));
  }
  return events;
}

GenerateTokenFields message_of(const GenerateTokenView& token) {
  return {.request_id = token.request_id(),
          .token = token.token(),
          .token_id = token.token_id(),
          .log_prob = token.log_prob(),
          .is_final = token.is_final(),
          .finish_reason = token.finish_reason()};
}

Result<std::uint64_t> after_of(const ServerCall& call) {
  const auto given = call.request_metadata().get(kResumeAfter);
  if (!given) return std::uint64_t{0};
  std::uint64_t number = 0;
  const char* const end = given->data() + given->size();
  const auto [stopped, error] = std::from_chars(given->data(), end, number);
  if (error == std::errc{} && stopped == end) return number;
  return invalid(concat(kResumeAfter, " must be a whole number, got \"", *given, "\""));
}

Task<Status> send_events(text::ResumableReader& reader, Writer<GenerateTokenFields>& out) {
  while (auto event = co_await reader.next()) {
    const auto token = wire::Parsed<GenerateTokenView>::of(std::as_bytes(std::span{*event}));
    require(token.has_value(), "events are what encode() made");
    const GenerateTokenFields message = message_of(**token);
    if (!co_await out.write(message)) co_return Status{};
  }
  co_return reader.status();
}

}  // namespace

bool wants_resumable(const ServerCall& call) { return call.request_metadata().get(kResumable) == "1"; }

bool resumes(const ServerCall& call) { return call.request_metadata().get(kResumeToken).has_value(); }

Task<Status> send_tokens(text::Generation& generation, std::string_view request_id,
                         Writer<GenerateTokenFields>& out) {
  Status status;
  for (bool is_first = true; auto piece = co_await generation.next(); is_first = false) {
    status = piece->status;
    const std::vector<GeneratedToken> tokens = to_tokens(*std::move(piece), is_first);
    for (const GeneratedToken& token : tokens) {
      const GenerateTokenFields message = to_message(request_id, token);
      if (!co_await out.write(message)) co_return Status{};
    }
  }
  co_return status;
}

Task<Status> generate_resumable(ServerCall& call, text::ResumableStreams& streams,
                                text::Generation generation, std::string request_id,
                                Writer<GenerateTokenFields>& out) {
  std::shared_ptr<text::ResumableStream> stream = streams.open(text::owner_of(call), request_id, encode);
  if (stream == nullptr) {
    generation.cancel_with(call);
    Task<Status> sending = send_tokens(generation, request_id, out);
    co_return co_await std::move(sending);
  }
  (void)call.initial_metadata().add(kResumeToken, stream->token());
  call.send_initial_metadata();
  text::ResumableReader reader{streams, stream, call, 0};
  stream->start(std::move(generation));
  Task<Status> sending = send_events(reader, out);
  co_return co_await std::move(sending);
}

Task<Status> resume(ServerCall& call, text::ResumableStreams& streams, Writer<GenerateTokenFields>& out) {
  const Result<std::uint64_t> after = after_of(call);
  if (!after) co_return after.error();
  const std::string owner = text::owner_of(call);
  auto stream = streams.find(*call.request_metadata().get(kResumeToken), owner);
  if (!stream) co_return stream.error();
  text::ResumableReader reader{streams, *std::move(stream), call, *after};
  Task<Status> sending = send_events(reader, out);
  co_return co_await std::move(sending);
}

}  // namespace parlance::dialects::inference
