#include "app/call.h"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <utility>

#include "app/exit_codes.h"
#include "app/input.h"
#include "app/json_call.h"
#include "app/schema.h"
#include "app/status_text.h"
#include "rpc/channel.h"

namespace parlance::app {
namespace {

int fail(int exit_code, std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  return exit_code;
}

int fail_with(const Status& status) {
  std::fputs(status_text(status).c_str(), stderr);
  return static_cast<int>(status.code());
}

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

Result<std::string> list(Schema& schema, const std::string& service_name) {
  std::string text;
  if (service_name.empty()) {
    const Result<std::vector<std::string>> services = schema.services();
    if (!services) return std::unexpected{services.error()};
    for (const std::string& service : *services) text += service + "\n";
    return text;
  }
  const auto* service = schema.pool().FindServiceByName(service_name);
  if (service == nullptr) return std::unexpected{schema.why_not_found(service_name)};
  for (int i = 0; i < service->method_count(); ++i) {
    text += fmt::format("{}/{}\n", service_name, service->method(i)->name());
  }
  return text;
}

int make_call(const CallRequest& request, const Channel& channel, Schema& schema,
              const JsonCallOptions& options) {
  const auto method = find_method(schema, request.method);
  if (!method) return fail_with(method.error());
  const bool streams = (*method)->client_streaming();
  auto input = Input::open(request.data.empty() && !streams ? "{}" : request.data);
  if (!input) return fail(kExitNoInput, input.error());
  const JsonMessages messages{schema.pool()};
  return json_call(channel, **method, messages, *input, options);
}

}  // namespace

int call(const CallRequest& request) {
  const auto metadata = metadata_of(request);
  if (!metadata) return fail(kExitUsage, metadata.error());
  const Deadline deadline = request.timeout == Duration::zero()
                                ? Deadline::never()
                                : Deadline::after(Clock::now(), request.timeout);
  const Channel channel = Channel::open(request.target, channel_options(request));
  const auto schema = schema_for(request, channel, *metadata, deadline);
  if (!schema) return fail(kExitNoInput, schema.error().message());

  if (!request.list && request.describe.empty()) {
    return make_call(
        request, channel, **schema,
        {.deadline = deadline, .metadata = &*metadata, .style = request.style, .verbose = request.verbose});
  }
  const Result<std::string> text =
      request.list ? list(**schema, request.method) : describe(**schema, request.describe);
  if (!text) return fail_with(text.error());
  print(*text);
  return kExitOk;
}

}  // namespace parlance::app
