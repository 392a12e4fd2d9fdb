#include "grpc/message_reader.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "grpc/error_details.h"
#include "grpc/message_writer.h"

namespace parlance::grpc {
namespace {

std::string framed(std::string_view payload, bool compressed = false) {
  std::byte prefix[kPrefixBytes];
  write_prefix(prefix, payload.size(), compressed);
  return std::string{as_text(prefix)}.append(payload);
}

std::vector<std::string> take_all(MessageReader& reader) {
  std::vector<std::string> payloads;
  while (const auto message = reader.next()) payloads.emplace_back(message->payload.text());
  return payloads;
}

const std::vector<std::string> kPayloads{"one",  "", std::string(70'000, 'x'),
                                         "four", "", std::string(16'384, 'y')};

std::string whole_stream() {
  std::string stream;
  for (const std::string& payload : kPayloads) stream += framed(payload);
  return stream;
}

TEST(MessageWriter, WritesFlagAndBigEndianLength) {
  EXPECT_EQ(framed("abc"), (std::string{"\0\0\0\0\3abc", 8}));
  std::byte prefix[kPrefixBytes];
  write_prefix(prefix, 0x01020304, true);
  EXPECT_EQ(as_text(prefix), "\1\1\2\3\4");
}

TEST(MessageReader, ReadsMessagesOfOneFeed) {
  MessageReader reader;
  ASSERT_TRUE(reader.feed(as_bytes(whole_stream())).ok());
  EXPECT_EQ(take_all(reader), kPayloads);
  EXPECT_TRUE(reader.finish().ok());
}

TEST(MessageReader, ReadsMessagesByteByByte) {
  MessageReader reader;
  for (char byte : whole_stream()) ASSERT_TRUE(reader.feed(as_bytes({&byte, 1})).ok());
  EXPECT_EQ(take_all(reader), kPayloads);
  EXPECT_EQ(reader.bytes_buffered(), 0u);
}

TEST(MessageReader, ReadsMessagesCutAnywhere) {
  const std::string stream = whole_stream();
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    MessageReader reader;
    std::vector<std::string> payloads;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t cut = std::min<std::size_t>(rest.size(), random() % 9'000);
      ASSERT_TRUE(reader.feed(as_bytes(rest.substr(0, cut))).ok());
      rest.remove_prefix(cut);
      if (random() % 2 == 0) {
        for (std::string& payload : take_all(reader)) payloads.push_back(std::move(payload));
      }
    }
    for (std::string& payload : take_all(reader)) payloads.push_back(std::move(payload));
    EXPECT_EQ(payloads, kPayloads);
    EXPECT_TRUE(reader.finish().ok());
  }
}

TEST(MessageReader, KeepsOrderWhenItIsNeverEmptied) {
  MessageReader reader;
  int sent = 0;
  int seen = 0;
  const auto send = [&] { ASSERT_TRUE(reader.feed(as_bytes(framed(std::to_string(sent++)))).ok()); };
  for (int warm_up = 0; warm_up < 5; ++warm_up) send();
  for (int round = 0; round < 1'000; ++round) {
    send();
    ASSERT_EQ(reader.next()->payload.text(), std::to_string(seen++));
  }
  EXPECT_EQ(take_all(reader), (std::vector<std::string>{"1000", "1001", "1002", "1003", "1004"}));
}

TEST(MessageReader, CountsWhatItHolds) {
  MessageReader reader;
  const std::string two = framed("abc") + framed("defgh");
  ASSERT_TRUE(reader.feed(as_bytes(two.substr(0, two.size() - 2))).ok());
  EXPECT_EQ(reader.bytes_buffered(), two.size() - 2);
  EXPECT_EQ(reader.bytes_missing(), 2u);
  ASSERT_TRUE(reader.next().has_value());
  EXPECT_EQ(reader.bytes_buffered(), 5u + 3u);
  EXPECT_FALSE(reader.has_message());
  ASSERT_TRUE(reader.feed(as_bytes("gh")).ok());
  EXPECT_EQ(reader.bytes_missing(), 0u);
  EXPECT_TRUE(reader.has_message());
  ASSERT_TRUE(reader.next().has_value());
  EXPECT_EQ(reader.bytes_buffered(), 0u);
}

TEST(MessageReader, SaysHowMuchOfAPrefixIsMissing) {
  MessageReader reader;
  EXPECT_EQ(reader.bytes_missing(), 0u);
  ASSERT_TRUE(reader.feed(as_bytes(framed("x").substr(0, 2))).ok());
  EXPECT_EQ(reader.bytes_missing(), 3u);
}

TEST(MessageReader, RefusesALargeMessageByItsPrefixAlone) {
  MessageReader reader;
  const std::string prefix = {"\0\0\x50\0\0", 5};
  const Status error = reader.feed(as_bytes(prefix));
  EXPECT_EQ(error.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(error.message(),
            "message of 5242880 bytes is larger than the limit of 4194304 bytes (max_receive_message_bytes)");
  const auto info = error_info(error);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->reason, "MESSAGE_TOO_LARGE");
  EXPECT_EQ(info->get("limit"), "4194304");
  EXPECT_EQ(info->get("observed"), "5242880");
  EXPECT_EQ(info->get("knob"), "max_receive_message_bytes");
}

TEST(MessageReader, TakesAMessageOfExactlyTheLimit) {
  MessageReader reader{8};
  EXPECT_TRUE(reader.feed(as_bytes(framed("12345678"))).ok());
  EXPECT_EQ(reader.feed(as_bytes(framed("123456789"))).code(), StatusCode::kResourceExhausted);
}

TEST(MessageReader, ErrorsAreFinalAndKeepWhatWasWholeBefore) {
  MessageReader reader{8};
  const Status error = reader.feed(as_bytes(framed("before") + framed("much too large") + framed("after")));
  EXPECT_EQ(error.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reader.feed(as_bytes(framed("later"))), error);
  EXPECT_EQ(reader.finish(), error);
  EXPECT_EQ(take_all(reader), std::vector<std::string>{"before"});
}

TEST(MessageReader, AnAnnouncedLengthAloneTakesNoMemory) {
  MessageReader reader{kUnlimitedMessageBytes};
  const std::string prefix = {"\0\xff\xff\xff\xff", 5};
  ASSERT_TRUE(reader.feed(as_bytes(prefix)).ok());
  EXPECT_EQ(reader.bytes_missing(), 0xffffffffu);
  EXPECT_EQ(reader.memory_bytes(), 0u);
  ASSERT_TRUE(reader.feed(as_bytes("x")).ok());
  EXPECT_EQ(reader.memory_bytes(), MessageReader::kAllocateAtOnceBytes);
}

TEST(MessageReader, TakesMemoryOnceForAMessageWithinTheUsualLimit) {
  MessageReader reader;
  const std::string payload(1'000'000, 'p');
  const std::string stream = framed(payload);
  ASSERT_TRUE(reader.feed(as_bytes(stream.substr(0, 100))).ok());
  EXPECT_EQ(reader.memory_bytes(), payload.size());
  ASSERT_TRUE(reader.feed(as_bytes(stream.substr(100))).ok());
  EXPECT_EQ(take_all(reader), std::vector<std::string>{payload});
}

TEST(MessageReader, GrowsWithAMessageThatIsLargerThanWhatIsTakenAtOnce) {
  std::string payload(MessageReader::kAllocateAtOnceBytes * 2 + 12'345, '\0');
  for (std::size_t at = 0; at < payload.size(); ++at) payload[at] = static_cast<char>(at * 7 >> 3);
  const std::string stream = framed(payload);
  MessageReader reader{kUnlimitedMessageBytes};
  for (std::string_view rest = stream; !rest.empty();) {
    const std::size_t cut = std::min<std::size_t>(rest.size(), 16'384);
    ASSERT_TRUE(reader.feed(as_bytes(rest.substr(0, cut))).ok());
    rest.remove_prefix(cut);
  }
  const auto message = reader.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->payload.text() == payload);
}

TEST(MessageReader, RefusesAFlagThatDoesNotExist) {
  MessageReader reader;
  const Status error = reader.feed(as_bytes(std::string{"\2\0\0\0\0", 5}));
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  EXPECT_EQ(error.message(), "message begins with compressed flag 2; only 0 and 1 exist");
}

TEST(MessageReader, RefusesACompressedMessageWithoutAnEncoding) {
  MessageReader reader;
  const Status error = reader.feed(as_bytes(framed("x", true)));
  EXPECT_EQ(error.code(), StatusCode::kInternal);
  EXPECT_EQ(error.message(), "message is marked as compressed, but the headers named no grpc-encoding");
}

TEST(MessageReader, HandsOnTheCompressedFlagOfEachMessage) {
  MessageReader reader{kDefaultMaxReceiveMessageBytes, true};
  ASSERT_TRUE(reader.feed(as_bytes(framed("packed", true) + framed("plain"))).ok());
  EXPECT_TRUE(reader.next()->compressed);
  EXPECT_FALSE(reader.next()->compressed);
}

TEST(MessageReader, AnEndWithinAMessageIsAnError) {
  MessageReader reader;
  ASSERT_TRUE(reader.feed(as_bytes(framed("abcdef").substr(0, 7))).ok());
  EXPECT_EQ(reader.finish().code(), StatusCode::kInternal);
  EXPECT_EQ(reader.finish().message(), "the stream ended within a message, after 2 of 6 bytes");

  MessageReader prefix_only;
  ASSERT_TRUE(prefix_only.feed(as_bytes(framed("abcdef").substr(0, 4))).ok());
  EXPECT_EQ(prefix_only.finish().message(), "the stream ended within a message, after 4 of 5 prefix bytes");
}

}  // namespace
}  // namespace parlance::grpc
