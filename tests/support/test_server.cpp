// parlance-test-server: what the Python tests and h2spec talk to. Serves parlance.testing.Echo and the admin
// services until SIGTERM.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "echo_service.h"
#include "rpc/server.h"
#include "services/admin.h"

namespace parlance::testing {
namespace {

constexpr std::string_view kUsage =
    "usage: parlance-test-server [OPTION VALUE]...\n"
    "  --listen ADDRESS     default 127.0.0.1:0; the port taken is printed\n"
    "  --threads N          event loops; default 2\n"
    "  --max-message N      largest request message in bytes\n"
    "  --max-streams N      streams announced to each connection\n"
    "  --grace-ms N         time for open calls after SIGTERM\n";

[[noreturn]] void fail_usage(std::string_view what) {
  std::fprintf(stderr, "%.*s\n%.*s", static_cast<int>(what.size()), what.data(),
               static_cast<int>(kUsage.size()), kUsage.data());
  std::exit(2);
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) fail_usage("not a number");
  return number;
}

void set(ServerOptions& options, std::string_view name, std::string_view value) {
  if (name == "--listen") {
    options.listen = {std::string{value}};
  } else if (name == "--threads") {
    options.threads = static_cast<unsigned>(to_number(value));
  } else if (name == "--max-message") {
    options.max_receive_message_bytes = to_number(value);
  } else if (name == "--max-streams") {
    options.http2.max_concurrent_streams = static_cast<std::uint32_t>(to_number(value));
  } else if (name == "--grace-ms") {
    options.shutdown_grace = std::chrono::milliseconds{to_number(value)};
  } else {
    fail_usage("no such option");
  }
}

int serve(int count, char** arguments) {
  ServerOptions options{.listen = {"127.0.0.1:0"}, .threads = 2};
  if (count % 2 == 0) fail_usage("an option without its value");
  for (int i = 1; i + 1 < count; i += 2) set(options, arguments[i], arguments[i + 1]);

  Server server{std::move(options)};
  auto health = std::make_shared<services::HealthRegistry>();
  health->set(Echo::kFullName, services::ServingStatus::kServing);
  server.add(std::make_shared<EchoService>());
  services::add_admin_services(server, health);

  const auto print_address = [&server] {
    std::printf("listening on %s\n", server.addresses().front().c_str());
    std::fflush(stdout);
  };
  const Result<void> served = server.run(print_address);
  if (!served) std::fprintf(stderr, "%s\n", served.error().to_string().c_str());
  return served ? 0 : 1;
}

}  // namespace
}  // namespace parlance::testing

int main(int count, char** arguments) { return parlance::testing::serve(count, arguments); }
