#include "app/json_call.h"

#include <fmt/format.h>

#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <thread>

#include "app/call_target.h"
#include "app/exit_codes.h"
#include "app/json_requests.h"
#include "app/status_text.h"
#include "rpc/client_call.h"

namespace parlance::app {
namespace {

using google::protobuf::MethodDescriptor;

void print_error(std::string_view text) {
  std::fprintf(stderr, "%.*s", static_cast<int>(text.size()), text.data());
}

// One call of any of the four kinds: on the wire they differ only in how many messages go each way.
class JsonCall {
 public:
  JsonCall(const Channel& channel, const MethodDescriptor& method, const JsonMessages& messages, Input& input,
           const JsonCallOptions& options)
      : method_(method),
        messages_(messages),
        input_(input),
        options_(options),
        requests_(*method.input_type(), messages, input),
        call_(channel, path_of(method), {.deadline = options.deadline, .metadata = options.metadata}) {}

  int run(std::optional<Buffer> only_request) {
    if (options_.verbose)
      print_error(fmt::format("> {}\n{}", path_of(method_), metadata_text(*options_.metadata, ">")));
    std::thread sending{[this, &only_request] { only_request ? send_only(*only_request) : send_all(); }};
    receive_all();
    Status status = call_.finish().wait();
    input_.stop();
    sending.join();
    if (!input_error_.empty()) return print_error(input_error_ + "\n"), kExitData;
    if (!output_error_.empty()) return print_error(output_error_ + "\n"), kExitData;
    if (status.ok()) status = check_cardinality();
    if (options_.verbose) print_error(metadata_text(call_.trailing_metadata(), "<"));
    if (!status.ok() || options_.verbose) print_error(status_text(status));
    return static_cast<int>(status.code());
  }

 private:
  void send_only(const Buffer& request) {
    call_.write(request).wait();
    call_.writes_done().wait();
  }

  void send_all() {
    while (true) {
      auto request = requests_.next();
      if (!request) {
        input_error_ = request.error();
        return call_.cancel();
      }
      if (!*request) break;
      if (!call_.write(**request).wait()) return;  // the call has ended; its status says why
    }
    call_.writes_done().wait();
  }

  void receive_all() {
    if (options_.verbose) print_error(metadata_text(call_.headers().wait(), "<"));
    while (const std::optional<Buffer> response = call_.read().wait()) {
      ++responses_;
      const auto json = messages_.print(*method_.output_type(), *response, options_.style);
      if (!json) {
        output_error_ = json.error();
        return call_.cancel();
      }
      std::fwrite(json->data(), 1, json->size(), stdout);
      std::fflush(stdout);
    }
  }

  Status check_cardinality() const {
    if (method_.server_streaming() || responses_ == 1) return {};
    return {StatusCode::kInternal,
            fmt::format("the server sent OK with {} responses to a method that has one", responses_)};
  }

  const MethodDescriptor& method_;
  const JsonMessages& messages_;
  Input& input_;
  const JsonCallOptions& options_;
  JsonRequests requests_;
  ClientReaderWriter<Buffer, Buffer> call_;
  int responses_ = 0;
  std::string input_error_;  // the sending thread's until it is joined
  std::string output_error_;
};

}  // namespace

int json_call(const Channel& channel, const MethodDescriptor& method, const JsonMessages& messages,
              Input& input, const JsonCallOptions& options) {
  std::optional<Buffer> only_request;
  if (!method.client_streaming()) {
    auto request = JsonRequests{*method.input_type(), messages, input}.only();
    if (!request) return print_error(request.error() + "\n"), kExitData;
    only_request = *std::move(request);
  }
  return JsonCall{channel, method, messages, input, options}.run(std::move(only_request));
}

}  // namespace parlance::app
