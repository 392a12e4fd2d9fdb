#include "text/resumable_streams.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "grpc/error_details.h"
#include "interceptors/caller.h"

namespace parlance::text {
namespace {

constexpr std::size_t kTokenBytes = 16;

std::string new_token() {
  std::array<unsigned char, kTokenBytes> bits{};
  require(getrandom(bits.data(), bits.size(), 0) == static_cast<ssize_t>(bits.size()),
          "random bits are there");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string token;
  for (const unsigned char byte : bits) {
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  return token;
}

}  // namespace

std::string owner_of(const ServerCall& call) {
  const auto* caller = call.attributes().find<interceptors::Caller>();
  return caller == nullptr ? std::string{} : caller->issuer + '\n' + caller->subject;
}

Status nobody_came_back() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT", "nobody has come back to read the stream",
                          {{"hop", "server"}});
}

ResumableStreams::~ResumableStreams() {
  std::vector<std::shared_ptr<ResumableStream>> all;
  {
    const std::lock_guard lock{mutex_};
    is_stopping_ = true;
    for (const auto& [token, stream] : streams_) all.push_back(stream);
  }
  for (const auto& stream : all) stream->close(nobody_came_back());
}

std::shared_ptr<ResumableStream> ResumableStreams::open(std::string owner, std::string request_id,
                                                        EncodePiece encode) {
  auto stream =
      std::make_shared<ResumableStream>(*this, ResumableStream::Options{.token = new_token(),
                                                                        .owner = std::move(owner),
                                                                        .request_id = std::move(request_id),
                                                                        .limits = limits_.replay,
                                                                        .grace = limits_.grace,
                                                                        .encode = encode});
  const std::lock_guard lock{mutex_};
  if (is_stopping_ || streams_.size() >= limits_.max_streams) return nullptr;
  streams_.emplace(stream->token(), stream);
  return stream;
}

Result<std::shared_ptr<ResumableStream>> ResumableStreams::find(std::string_view token,
                                                                std::string_view owner) const {
  const std::lock_guard lock{mutex_};
  const auto found = streams_.find(token);
  if (found != streams_.end() && found->second->owner() == owner) return found->second;
  return std::unexpected{grpc::make_error(StatusCode::kNotFound, "RESUME_TOKEN_UNKNOWN",
                                          "no stream of this resume token is kept; it may have expired",
                                          {{"hop", "server"}, {"knob", "x-parlance-resume-token"}})};
}

std::size_t ResumableStreams::size() const {
  const std::lock_guard lock{mutex_};
  return streams_.size();
}

void ResumableStreams::stop() {
  std::vector<std::shared_ptr<ResumableStream>> all;
  {
    const std::lock_guard lock{mutex_};
    is_stopping_ = true;
    for (const auto& [token, stream] : streams_) all.push_back(stream);
  }
  for (const auto& stream : all) {
    if (stream->is_unread()) stream->close(nobody_came_back());
  }
}

bool ResumableStreams::is_stopping() const {
  const std::lock_guard lock{mutex_};
  return is_stopping_;
}

void ResumableStreams::forget(const std::string& token) {
  const std::lock_guard lock{mutex_};
  streams_.erase(token);
}

}  // namespace parlance::text
