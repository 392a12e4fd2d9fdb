#include "services/reflection_answers.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace parlance::services {
namespace {

namespace pb = google::protobuf;
namespace reflection = ::grpc::reflection::v1;
using ::testing::ElementsAre;

// Three files: shop.proto imports both others, money.proto imports base.proto.
class ReflectionAnswers : public ::testing::Test {
 protected:
  ReflectionAnswers() {
    build(R"(name: "base.proto" package: "shop" syntax: "proto2"
             message_type { name: "Extended" extension_range { start: 100 end: 200 } })");
    build(R"(name: "money.proto" package: "shop" dependency: "base.proto" syntax: "proto2"
             extension { name: "tip" number: 120 extendee: ".shop.Extended" type: TYPE_INT32 label: LABEL_OPTIONAL }
             extension { name: "tax" number: 101 extendee: ".shop.Extended" type: TYPE_INT32 label: LABEL_OPTIONAL }
             message_type { name: "Money" field { name: "cents" number: 1 type: TYPE_INT64 label: LABEL_OPTIONAL } }
             enum_type { name: "Currency" value { name: "EUR" number: 0 } })");
    build(R"(name: "shop.proto" package: "shop" dependency: ["money.proto", "base.proto"] syntax: "proto2"
             service { name: "Till" method { name: "Pay" input_type: ".shop.Money" output_type: ".shop.Money" } })");
  }

  void build(const std::string& text) {
    pb::FileDescriptorProto file;
    ASSERT_TRUE(pb::TextFormat::ParseFromString(text, &file));
    ASSERT_NE(pool_.BuildFile(file), nullptr);
  }

  reflection::ServerReflectionResponse ask(const std::string& request_text) const {
    reflection::ServerReflectionRequest request;
    EXPECT_TRUE(pb::TextFormat::ParseFromString(request_text, &request));
    return answer_reflection(request, pool_, {"shop.Till", "grpc.health.v1.Health"});
  }

  std::vector<std::string> files_of(const std::string& request_text) const {
    std::vector<std::string> names;
    const auto answer = ask(request_text);
    for (const std::string& bytes : answer.file_descriptor_response().file_descriptor_proto()) {
      pb::FileDescriptorProto file;
      EXPECT_TRUE(file.ParseFromString(bytes));
      names.push_back(file.name());
    }
    return names;
  }

  pb::DescriptorPool pool_;
};

TEST_F(ReflectionAnswers, ServicesAreListedWhateverTheContent) {
  const auto answer = ask("list_services: '*'");
  ASSERT_EQ(answer.list_services_response().service_size(), 2);
  EXPECT_EQ(answer.list_services_response().service(0).name(), "shop.Till");
  EXPECT_EQ(answer.list_services_response().service(1).name(), "grpc.health.v1.Health");
}

TEST_F(ReflectionAnswers, AFileComesFirstAndWithAllItsImportsOnce) {
  EXPECT_THAT(files_of("file_by_filename: 'shop.proto'"),
              ElementsAre("shop.proto", "money.proto", "base.proto"));
  EXPECT_THAT(files_of("file_by_filename: 'base.proto'"), ElementsAre("base.proto"));
}

TEST_F(ReflectionAnswers, EveryKindOfSymbolIsFound) {
  for (const std::string symbol :
       {"shop.Money", "shop.Money.cents", "shop.Currency", "shop.EUR", "shop.tip"}) {
    EXPECT_THAT(files_of("file_containing_symbol: '" + symbol + "'"),
                ElementsAre("money.proto", "base.proto"))
        << symbol;
  }
  for (const std::string symbol : {"shop.Till", "shop.Till.Pay"}) {
    EXPECT_THAT(files_of("file_containing_symbol: '" + symbol + "'"),
                ElementsAre("shop.proto", "money.proto", "base.proto"))
        << symbol;
  }
}

TEST_F(ReflectionAnswers, ExtensionsAreFoundByTypeAndNumber) {
  EXPECT_THAT(
      files_of("file_containing_extension { containing_type: 'shop.Extended' extension_number: 120 }"),
      ElementsAre("money.proto", "base.proto"));
  const auto answer = ask("all_extension_numbers_of_type: 'shop.Extended'");
  const auto& numbers = answer.all_extension_numbers_response();
  EXPECT_EQ(numbers.base_type_name(), "shop.Extended");
  EXPECT_THAT(numbers.extension_number(), ElementsAre(101, 120));
}

TEST_F(ReflectionAnswers, WhatIsNotThereIsAnErrorWithinTheAnswer) {
  const std::pair<std::string, std::string> cases[] = {
      {"file_by_filename: 'no.proto'", "file not found: no.proto"},
      {"file_containing_symbol: 'no.Symbol'", "symbol not found: no.Symbol"},
      {"file_containing_extension { containing_type: 'no.Type' extension_number: 1 }",
       "type not found: no.Type"},
      {"file_containing_extension { containing_type: 'shop.Extended' extension_number: 1 }",
       "extension not found: 1 of shop.Extended"},
      {"all_extension_numbers_of_type: 'no.Type'", "type not found: no.Type"},
  };
  for (const auto& [request, message] : cases) {
    const auto answer = ask(request);
    EXPECT_EQ(answer.error_response().error_code(), 5) << request;
    EXPECT_EQ(answer.error_response().error_message(), message);
  }
  EXPECT_EQ(ask("").error_response().error_code(), 3);
}

TEST_F(ReflectionAnswers, TheAnswerNamesItsRequest) {
  const auto answer = ask("host: 'h' file_by_filename: 'base.proto'");
  EXPECT_EQ(answer.valid_host(), "h");
  EXPECT_EQ(answer.original_request().file_by_filename(), "base.proto");
}

}  // namespace
}  // namespace parlance::services
