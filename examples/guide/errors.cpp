// Errors: made by handlers, with typed details, and made by the library.
#include <memory>
#include <stdexcept>
#include <string>

#include "example.h"
#include "grpc/error_details.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

class Strict final : public Words::Handler {
  // [handler]
  Task<Result<Label>> Classify(ServerCall&, Incoming<Text> request) override {
    if (request->text() == "throw") throw std::runtime_error{"a secret of the server"};
    if (request->text().empty()) {
      const grpc::BadRequest bad{.field_violations = {{"text", "must not be empty"}}};
      const Status status{StatusCode::kInvalidArgument, "not a valid request"};
      co_return status.with_detail(grpc::to_detail(bad));
    }
    co_return guide::label("fine");
  }
  // [/handler]
};

int main() {
  Server server{{.listen = {"127.0.0.1:0"},
                 .threads = 1,
                 .max_receive_message_bytes = 100,
                 .log = [](LogLevel, std::string_view) {}}};
  server.add(std::make_shared<Strict>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front(), {.enable_retries = false})};

  // [typed]
  const Result<Label> label = client.Classify(Text{}).wait();
  if (!label) {
    const Status& status = label.error();
    std::printf("%s\n", status.to_string().c_str());  // INVALID_ARGUMENT: not a valid request
    if (const auto bad = grpc::find_detail<grpc::BadRequest>(status)) {
      for (const auto& [field, description] : bad->field_violations) {
        std::printf("  %s: %s\n", field.c_str(), description.c_str());
      }
    }
  }
  // [/typed]
  guide::expect(!label && label.error().code() == StatusCode::kInvalidArgument, "the code arrives");
  guide::expect_equal(grpc::find_detail<grpc::BadRequest>(label.error())->field_violations[0].field, "text",
                      "the field that is wrong");

  // [own]
  const Result<Label> large = client.Classify(guide::text(std::string(1000, 'x'))).wait();
  const auto info = grpc::error_info(large.error());
  // info->reason            MESSAGE_TOO_LARGE
  // info->get("limit")      100
  // info->get("observed")   1003
  // info->get("knob")       max_receive_message_bytes
  // [/own]
  guide::expect(large.error().code() == StatusCode::kResourceExhausted,
                "a request over the limit is refused");
  guide::expect_equal(info->domain, "parlance", "the domain of the library's own errors");
  guide::expect_equal(info->reason, "MESSAGE_TOO_LARGE", "the reason");
  guide::expect_equal(info->get("limit").value_or(""), "100", "the limit");
  guide::expect_equal(info->get("observed").value_or(""), "1003", "what was observed");
  guide::expect_equal(info->get("knob").value_or(""), "max_receive_message_bytes", "the knob");

  const Status thrown = client.Classify(guide::text("throw")).wait().error();
  guide::expect_equal(grpc::error_info(thrown)->reason, "HANDLER_EXCEPTION", "what a handler threw");
  guide::expect(thrown.message().find("secret") == std::string_view::npos,
                "its text does not reach the caller");

  const Status unserved = client.Generate(Text{}).finish().wait();
  guide::expect_equal(grpc::error_info(unserved)->reason, "METHOD_NOT_SERVED", "a method without a handler");
}
