// Metadata: with the request, before the response, with the status.
#include <memory>
#include <string>

#include "example.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

class Tagged final : public Words::Handler {
  // [handler]
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text>) override {
    const auto tenant = call.request_metadata().get("x-tenant");
    if (!tenant) co_return Status{StatusCode::kInvalidArgument, "x-tenant is missing"};
    (void)call.initial_metadata().add("x-model", "words-7");        // with the first message
    (void)call.trailing_metadata().add("x-cost-bin", {"\0\1", 2});  // with the status; -bin: any bytes
    co_return guide::label(std::string{*tenant});
  }
  // [/handler]
};

int main() {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(std::make_shared<Tagged>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};

  // [client]
  Metadata metadata;
  if (const Result<void> added = metadata.add("x-tenant", "blue"); !added)
    return 1;  // name or value not allowed
  auto call = client.Classify(guide::text("hello"), {.metadata = &metadata});
  const Result<Label> label = call.wait();
  const auto model = call.initial_metadata().get("x-model");
  const auto cost = call.trailing_metadata().get("x-cost-bin");
  // [/client]
  guide::expect_equal(guide::value_of(label).name(), "blue", "the handler's view of x-tenant");
  guide::expect_equal(model.value_or(""), "words-7", "x-model");
  guide::expect(cost == std::string_view{"\0\1", 2}, "x-cost-bin holds two bytes");

  Metadata wrong;
  guide::expect_equal(wrong.add("grpc-mine", "x").error().to_string().starts_with("INVALID_ARGUMENT"), true,
                      "a reserved name is refused");
}
