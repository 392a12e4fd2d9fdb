// raw-bench-server: what a call costs without HTTP/2 and gRPC, the ceiling for every other server. Messages
// of libprotobuf on an arena, each behind a byte for the method and four for its size, over a TCP connection.

#include <google/protobuf/arena.h>

#include <array>
#include <cstring>
#include <vector>

#include "answers.h"
#include "raw_protocol.h"
#include "reference_server.h"

namespace {

using google::protobuf::Arena;

class RawSession final : public bench::Session {
 public:
  std::span<std::byte> room() override {
    if (received_.size() - end_ < kRoomBytes) make_room();
    return std::span{received_}.subspan(end_);
  }

  bool received(std::size_t size_bytes) override {
    end_ += size_bytes;
    while (end_ - begin_ >= bench::raw::kPrefixBytes) {
      const std::byte* prefix = received_.data() + begin_;
      const std::size_t size = bench::raw::size_of(prefix);
      if (size > bench::kMaxMessageBytes) return false;
      wanted_ = bench::raw::kPrefixBytes + size;
      if (end_ - begin_ < wanted_) return true;
      if (!answer(bench::raw::method_of(prefix), {prefix + bench::raw::kPrefixBytes, size})) return false;
      begin_ += wanted_;
    }
    wanted_ = 0;
    if (begin_ == end_) begin_ = end_ = 0;
    return true;
  }

  void fill(std::string& out) override {
    if (out.empty()) {
      out.swap(answers_);
    } else {
      out += answers_;
      answers_.clear();
    }
  }

 private:
  static constexpr std::size_t kRoomBytes = 64 * 1024;

  // Whole messages are gone; what is left moves to the front, and the message under way has room to its end.
  void make_room() {
    std::memmove(received_.data(), received_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const std::size_t needed = std::max(wanted_, end_) + kRoomBytes;
    if (received_.size() < needed) received_.resize(needed);
  }

  bool answer(bench::raw::Method method, std::span<const std::byte> message) {
    using bench::raw::Method;
    arena_.Reset();
    switch (method) {
      case Method::kPredict:
        return answer_one<inference::PredictRequest, inference::PredictResponse>(message, bench::predict);
      case Method::kBatchPredict:
        return answer_one<inference::BatchPredictRequest, inference::BatchPredictResponse>(
            message, bench::predict_batch);
      case Method::kGenerate:
        return generate(message);
    }
    return false;
  }

  template <typename Request, typename Response>
  bool answer_one(std::span<const std::byte> message, void (*compute)(const Request&, Response&)) {
    auto* request = Arena::CreateMessage<Request>(&arena_);
    if (!request->ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
    auto* response = Arena::CreateMessage<Response>(&arena_);
    compute(*request, *response);
    bench::raw::append(answers_, {}, *response);
    return true;
  }

  bool generate(std::span<const std::byte> message) {
    auto* request = Arena::CreateMessage<inference::GenerateRequest>(&arena_);
    if (!request->ParseFromArray(message.data(), static_cast<int>(message.size()))) return false;
    auto* token = Arena::CreateMessage<inference::GenerateToken>(&arena_);
    for (int number = 1; number <= request->max_tokens(); ++number) {
      bench::make_token(*request, number, *token);
      bench::raw::append(answers_, {}, *token);
    }
    return true;
  }

  std::vector<std::byte> received_ = std::vector<std::byte>(4 * kRoomBytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t wanted_ = 0;  // of the message under way, with its prefix; 0: none
  std::array<char, 64 * 1024> first_block_;
  Arena arena_{first_block_.data(), first_block_.size()};
  std::string answers_;
};

std::unique_ptr<bench::Session> make_session() { return std::make_unique<RawSession>(); }

}  // namespace

int main(int count, char** arguments) {
  return bench::serve_reference(count, arguments, "InferenceService over a bare socket, the ceiling.",
                                make_session);
}
