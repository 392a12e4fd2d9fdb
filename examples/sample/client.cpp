// sample-client TARGET NAME: prints what sample.v1.Greeter answers.
#include <cstdio>

#include "rpc/channel.h"
#include "sample.parlance.h"

using namespace std::chrono_literals;

int main(int count, char** arguments) {
  if (count != 3) return std::fprintf(stderr, "usage: sample-client TARGET NAME\n"), 2;
  sample::v1::Greeter::Client client{parlance::Channel::open(arguments[1])};
  sample::v1::GreetRequest request;
  request.set_name(arguments[2]);

  const parlance::Result<sample::v1::GreetResponse> response = client.Greet(request, {.timeout = 5s}).wait();
  if (!response) {
    std::fprintf(stderr, "%s\n", response.error().to_string().c_str());
    return 1;
  }
  std::printf("%s\n", response->text().c_str());
}
