#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "http2/connection_test_support.h"

namespace parlance::http2::test {

/// Writes what a correct peer could send, from a seed: a client's requests, or a server's responses to
/// streams 1, 3, … that were opened with END_STREAM.
class ScriptGenerator {
 public:
  ScriptGenerator(std::uint32_t seed, Role writer) : random_(seed), writer_(writer) {}

  /// A whole script; each frame (a header block with its CONTINUATIONs) is one part.
  Lines parts(int frames, int server_streams) {
    Lines script{writer_ == Role::kClient ? std::string(kPreface) : std::string(),
                 Wire::settings({{SettingId::kInitialWindowSize, 20'000 + pick(50'000)}}),
                 Wire::settings_ack()};
    if (writer_ == Role::kServer) {
      for (int i = 0; i < server_streams; ++i) streams_.push_back({1 + 2 * static_cast<StreamId>(i), false});
    }
    for (int i = 0; i < frames; ++i) script.push_back(next());
    if (chance(20))
      script.push_back(Wire::goaway(writer_ == Role::kServer ? 1000001 : 0, ErrorCode::kNoError, "bye"));
    return script;
  }

  /// A stream on which the receiver may still send; 0 when there is none.
  StreamId open_stream() const { return open_for_answer_.empty() ? 0 : open_for_answer_.front(); }

 private:
  struct Open {
    StreamId id;
    bool started;  // the response's header section was sent
  };

  unsigned pick(unsigned below) { return random_() % below; }
  bool chance(unsigned percent) { return pick(100) < percent; }

  std::string next() {
    switch (pick(writer_ == Role::kClient ? 14 : 12)) {
      case 0:
        return Wire::ping(std::string(8, static_cast<char>('a' + pick(26))), chance(30) ? flags::kAck : 0);
      case 1:
        return Wire::window_update(0, 1 + pick(5000));
      case 2:
        return streams_.empty() ? Wire::window_update(0, 1) : Wire::window_update(any().id, 1 + pick(5000));
      case 3:
        return Wire::settings({{SettingId::kInitialWindowSize, 10'000 + pick(60'000)},
                               {static_cast<SettingId>(0x77), pick(1000)}});
      case 4:
        return Wire::priority(1 + 2 * pick(50), 200);
      case 5:
        return Wire::frame(static_cast<FrameType>(0x20 + pick(100)), static_cast<std::uint8_t>(pick(256)),
                           pick(100), std::string(pick(50), 'u'));
      case 6:
        return chance(30) && !streams_.empty() ? reset() : data();
      case 12:
      case 13:
        return request();
      default:
        return writer_ == Role::kClient && streams_.empty() ? request() : message();
    }
  }

  Open& any() { return streams_[pick(static_cast<unsigned>(streams_.size()))]; }

  std::string request() {
    const StreamId id = next_id_ += 2;
    Texts texts = kPost;
    const bool end = chance(40);
    open_for_answer_.push_back(id);
    std::string block = headers(id, texts, end);
    if (!end) streams_.push_back({id, true});
    return block;
  }

  std::string message() {
    if (streams_.empty()) return Wire::ping();
    Open& open = any();
    if (open.started) return chance(70) ? data_on(open) : trailers(open);
    if (chance(20)) return headers(open.id, {{":status", "103"}}, false);
    open.started = true;
    const bool end = chance(20);
    const StreamId id = open.id;
    std::string block = headers(id, {{":status", "200"}}, end);
    if (end) forget(id);
    return block;
  }

  std::string data() {
    for (Open& open : streams_) {
      if (open.started) return data_on(open);
    }
    return Wire::ping();
  }

  std::string data_on(const Open& open) {
    const StreamId id = open.id;
    const bool end = chance(15);
    std::string payload(pick(300), static_cast<char>('a' + pick(26)));
    std::uint8_t flag = end ? flags::kEndStream : std::uint8_t{0};
    if (chance(30)) {
      const auto pad = static_cast<char>(pick(200));
      payload = pad + payload + std::string(static_cast<unsigned char>(pad), '\0');
      flag |= flags::kPadded;
    }
    if (end) forget(id);
    return Wire::data(id, payload, flag);
  }

  std::string trailers(const Open& open) {
    const StreamId id = open.id;
    forget(id);
    return headers(id, {{"grpc-status", "0"}}, true);
  }

  std::string reset() {
    const StreamId id = any().id;
    forget(id);
    std::erase(open_for_answer_, id);
    return Wire::rst_stream(id, static_cast<ErrorCode>(pick(14)));
  }

  void forget(StreamId id) {
    std::erase_if(streams_, [id](const Open& open) { return open.id == id; });
  }

  // With a few more fields, perhaps padded, with a priority, or cut into CONTINUATIONs.
  std::string headers(StreamId id, Texts texts, bool end) {
    static const std::vector<std::string> names = {"x-a", "user-agent", "x-long-name-of-a-field", "accept",
                                                   "cookie"};
    static const std::vector<std::string> values = {"1", "another value", "", "v\xc3\xa4lue",
                                                    "zzzzzzzzzzzzzzzzzz"};
    for (unsigned i = pick(4); i > 0; --i) {
      texts.emplace_back(names[pick(static_cast<unsigned>(names.size()))],
                         values[pick(static_cast<unsigned>(values.size()))]);
    }
    std::string payload = wire_.block(texts);
    std::uint8_t flag = end ? flags::kEndStream : std::uint8_t{0};
    const std::size_t first = chance(30) ? pick(static_cast<unsigned>(payload.size())) : payload.size();
    std::string rest = payload.substr(first);
    payload.resize(first);
    if (chance(20)) {
      payload = Wire::u32(0) + "\x10" + payload;
      flag |= flags::kPriority;
    }
    if (chance(20)) {
      const auto pad = static_cast<char>(pick(100));
      payload = pad + payload + std::string(static_cast<unsigned char>(pad), '\0');
      flag |= flags::kPadded;
    }
    if (rest.empty()) return Wire::frame(FrameType::kHeaders, flag | flags::kEndHeaders, id, payload);
    const std::size_t half = rest.size() / 2;
    return Wire::frame(FrameType::kHeaders, flag, id, payload) +
           Wire::frame(FrameType::kContinuation, 0, id, rest.substr(0, half)) +
           Wire::frame(FrameType::kContinuation, flags::kEndHeaders, id, rest.substr(half));
  }

  std::mt19937 random_;
  Role writer_;
  Wire wire_{4096};
  StreamId next_id_ = static_cast<StreamId>(-1);
  std::vector<Open> streams_;  // on which the writer may still send
  std::vector<StreamId> open_for_answer_;
};

}  // namespace parlance::http2::test
