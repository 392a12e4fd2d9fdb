#include "grpc/metadata.h"

#include <gtest/gtest.h>

namespace parlance::grpc {
namespace {

using http2::HeaderField;
using http2::HeaderToken;

HeaderField field(std::string_view name, std::string_view value) {
  return {.name = name, .value = value, .token = http2::header_token(name)};
}

Metadata received(std::vector<HeaderField> fields) {
  Result<Metadata> metadata = Metadata::from_fields(fields);
  EXPECT_TRUE(metadata.has_value());
  return metadata.value_or(Metadata{});
}

using Entries = std::vector<Metadata::Entry>;
Entries entries(const Metadata& metadata) { return {metadata.begin(), metadata.end()}; }

TEST(Metadata, KeepsOrderAndDuplicates) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("b", "1"));
  ASSERT_TRUE(metadata.add("a", "2"));
  ASSERT_TRUE(metadata.add("b", "3"));
  EXPECT_EQ(entries(metadata), (Entries{{"b", "1"}, {"a", "2"}, {"b", "3"}}));
  EXPECT_EQ(metadata.get("b"), "3");
  EXPECT_EQ(metadata.all("b"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_EQ(metadata.get("c"), std::nullopt);
  EXPECT_TRUE(metadata.all("c").empty());
}

TEST(Metadata, LowerCasesNamesAndFindsThemInAnyCase) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("X-Trace-Id", "abc"));
  EXPECT_EQ(entries(metadata), (Entries{{"x-trace-id", "abc"}}));
  EXPECT_EQ(metadata.get("X-TRACE-ID"), "abc");
}

TEST(Metadata, AnEmptyOneIsEmpty) {
  const Metadata metadata;
  EXPECT_TRUE(metadata.empty());
  EXPECT_EQ(metadata.begin(), metadata.end());
}

std::string refusal(std::string_view name, std::string_view value) {
  Metadata metadata;
  const Result<void> result = metadata.add(name, value);
  EXPECT_FALSE(result.has_value());
  EXPECT_TRUE(metadata.empty());
  if (result) return {};
  EXPECT_EQ(result.error().code(), StatusCode::kInvalidArgument);
  return std::string{result.error().message()};
}

TEST(MetadataAdd, SaysWhatIsWrongWithAName) {
  EXPECT_EQ(refusal("", "v"), "metadata name \"\" is not of the form [0-9a-z_.-]+");
  EXPECT_EQ(refusal("a b", "v"), "metadata name \"a b\" is not of the form [0-9a-z_.-]+");
  EXPECT_EQ(refusal(":path", "/"), "metadata name \":path\" is not of the form [0-9a-z_.-]+");
  EXPECT_EQ(refusal("Grpc-Timeout", "1S"),
            "metadata name \"grpc-timeout\" is reserved: gRPC keeps grpc-* for itself");
  for (std::string_view name : {"te", "connection", "content-type", "content-length", "transfer-encoding",
                                "upgrade", "keep-alive", "proxy-connection", "user-agent"}) {
    EXPECT_EQ(refusal(name, "v"),
              "metadata name \"" + std::string{name} + "\" belongs to HTTP or gRPC and is set by the call");
  }
}

TEST(MetadataAdd, SaysWhichByteOfAValueIsWrong) {
  EXPECT_EQ(refusal("x", "a\nb"),
            "metadata \"x\": byte 10 at 1 is not printable ASCII; binary values need a name ending in -bin");
  EXPECT_EQ(refusal("x", "\xc3\xa9"),
            "metadata \"x\": byte 195 at 0 is not printable ASCII; binary values need a name ending in -bin");
}

TEST(MetadataAdd, TakesAnyBytesUnderABinName) {
  Metadata metadata;
  const std::string_view bytes{"\0\xff\n", 3};
  ASSERT_TRUE(metadata.add("x-bin", bytes));
  EXPECT_EQ(metadata.get("x-bin"), bytes);
}

TEST(MetadataFromFields, LeavesOutWhatBelongsToHttpAndGrpc) {
  const Metadata metadata = received(
      {field(":method", "POST"), field(":path", "/s/m"), field("te", "trailers"),
       field("content-type", "application/grpc"), field("grpc-timeout", "1S"), field("grpc-encoding", "gzip"),
       field("grpc-accept-encoding", "gzip"), field("user-agent", "grpc-c++/1.51.1"),
       field("x-client-id", "7"), field("grpc-previous-rpc-attempts", "2")});
  EXPECT_EQ(entries(metadata), (Entries{{"user-agent", "grpc-c++/1.51.1"},
                                        {"x-client-id", "7"},
                                        {"grpc-previous-rpc-attempts", "2"}}));
}

TEST(MetadataFromFields, OfNoMetadataIsEmpty) {
  EXPECT_TRUE(received({field(":method", "POST"), field("te", "trailers")}).empty());
}

TEST(MetadataFromFields, LeavesOutNamesThatGrpcDoesNotAllow) {
  EXPECT_TRUE(received({field("x!", "1"), field("x$y", "2")}).empty());
}

TEST(MetadataFromFields, DecodesBinaryValues) {
  EXPECT_EQ(entries(received({field("x-bin", "Zm9vYg==")})), (Entries{{"x-bin", "foob"}}));
  EXPECT_EQ(entries(received({field("x-bin", "Zm9vYg")})), (Entries{{"x-bin", "foob"}}));
  EXPECT_EQ(entries(received({field("x-bin", "")})), (Entries{{"x-bin", ""}}));
}

TEST(MetadataFromFields, SplitsJoinedBinaryValuesButNotTexts) {
  const Metadata metadata = received({field("x-bin", "Zg==,Zm8, Zm9v"), field("y", "a,b")});
  EXPECT_EQ(entries(metadata), (Entries{{"x-bin", "f"}, {"x-bin", "fo"}, {"x-bin", "foo"}, {"y", "a,b"}}));
}

TEST(MetadataFromFields, RefusesABinaryValueThatIsNotBase64) {
  const std::vector fields{field("x-bin", "!!!")};
  const Result<Metadata> metadata = Metadata::from_fields(fields);
  ASSERT_FALSE(metadata.has_value());
  EXPECT_EQ(metadata.error().code(), StatusCode::kInternal);
  EXPECT_EQ(metadata.error().message(), "metadata \"x-bin\" is not base64");
}

TEST(MetadataAppendTo, EncodesBinaryValuesUnpadded) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-bin", "f"));
  ASSERT_TRUE(metadata.add("y", "text"));
  HeaderList list;
  metadata.append_to(list);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list.fields()[0].name, "x-bin");
  EXPECT_EQ(list.fields()[0].value, "Zg");
  EXPECT_EQ(list.fields()[1].value, "text");
}

TEST(MetadataAppendTo, DoesNotForwardWhatBelongsToOneHop) {
  const Metadata metadata = received(
      {field("grpc-previous-rpc-attempts", "1"), field("user-agent", "someone"), field("x-kept", "yes")});
  HeaderList list;
  metadata.append_to(list);
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list.fields()[0].name, "x-kept");
}

TEST(MetadataAppendTo, ComesBackTheSame) {
  Metadata metadata;
  ASSERT_TRUE(metadata.add("a-bin", std::string_view{"\0\1\2,\xff", 5}));
  ASSERT_TRUE(metadata.add("b", "x y"));
  ASSERT_TRUE(metadata.add("a-bin", ""));
  HeaderList list;
  metadata.append_to(list);
  const Result<Metadata> back = Metadata::from_fields(list.fields());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, metadata);
}

}  // namespace
}  // namespace parlance::grpc
