#include <gtest/gtest.h>

#include "rpc/channel.h"
#include "rpc/client_call.h"
#include "rpc/echo_test_support.h"
#include "rpc/server.h"

namespace parlance::testing {
namespace {

// Sends its metadata, and answers only once the caller has cancelled.
class Announcer final : public Service {
 public:
  std::string_view full_name() const override { return "test.Announcer"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Wait", *this, &Announcer::wait));
    return methods;
  }

 private:
  Task<Result<Text>> wait(ServerCall& call, Incoming<Text>) {
    (void)call.initial_metadata().add("x-early", "yes");
    call.send_initial_metadata();
    (void)call.initial_metadata().add("x-late", "lost");
    co_await call.sleep_for(std::chrono::hours{1});
    co_return Text{};
  }
};

TEST(InitialMetadata, CanBeSentBeforeTheResponse) {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(std::make_shared<Announcer>());
  ASSERT_TRUE(server.start());
  UnaryCall<Text> call{Channel::open(server.addresses().front()), "/test.Announcer/Wait", Text{}, {}};
  const Metadata& metadata = call.headers().wait();
  EXPECT_EQ(metadata.get("x-early"), "yes");
  EXPECT_EQ(metadata.get("x-late"), std::nullopt);
  call.cancel();
  EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace parlance::testing
