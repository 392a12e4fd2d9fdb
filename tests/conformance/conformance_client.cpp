// parlance-conformance-client: makes the call of every ClientCompatRequest and tells what came of it.
#include <mutex>
#include <thread>
#include <vector>

#include "channels.h"
#include "client_calls.h"
#include "exchange.h"

namespace {

using namespace parlance::conformance;

// Most of a call's time is waiting: some cases time out, some answer late.
constexpr int kCallsAtOnce = 16;

v1::ClientCompatResponse response_to(const v1::ClientCompatRequest& request, Channels& channels) {
  v1::ClientCompatResponse response;
  response.set_test_name(request.test_name());
  if (auto result = make_call(channels.to(request), request)) {
    *response.mutable_response() = *std::move(result);
  } else {
    response.mutable_error()->set_message(result.error().to_string());
  }
  return response;
}

}  // namespace

int main() {
  std::mutex reading;
  std::mutex writing;
  Channels channels;
  std::vector<std::jthread> workers;
  for (int i = 0; i < kCallsAtOnce; ++i) {
    workers.emplace_back([&] {
      while (true) {
        v1::ClientCompatRequest request;
        {
          const std::scoped_lock lock{reading};
          if (!read_message(request)) return;
        }
        const v1::ClientCompatResponse response = response_to(request, channels);
        const std::scoped_lock lock{writing};
        write_message(response);
      }
    });
  }
}
