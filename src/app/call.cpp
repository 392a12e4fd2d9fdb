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
#include "grpc/base64.h"
#include "grpc/metadata.h"
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

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "name: value"; the value of a name that ends in -bin is base64.
std::expected<void, std::string> add_header(std::string_view text, grpc::Metadata& metadata) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return std::unexpected{fmt::format("-H '{}': expected 'name: value'", text)};
  }
  const std::string_view name = trimmed(text.substr(0, colon));
  std::string value{trimmed(text.substr(colon + 1))};
  if (grpc::is_binary_name(name)) {
    const auto bytes = grpc::base64_decode(value);
    if (!bytes) return std::unexpected{fmt::format("-H '{}': the value of a -bin name must be base64", text)};
    value = *bytes;
  }
  if (const auto added = metadata.add(name, value); !added) {
    return std::unexpected{fmt::format("-H '{}': {}", text, added.error().message())};
  }
  return {};
}

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

Result<std::unique_ptr<Schema>> schema_for(const CallRequest& request, const Channel& channel,
                                           const grpc::Metadata& metadata, Deadline deadline) {
  if (!request.protos.empty()) return schema_of_files(request.protos, request.import_dirs);
  return schema_by_reflection(ReflectionClient{channel, metadata, deadline});
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

std::optional<TlsClientOptions> client_tls(const CallRequest& request) {
  const TlsClientOptions& tls = request.tls;
  const bool wanted =
      request.use_tls || !tls.ca_file.empty() || !tls.certificate_file.empty() || !tls.server_name.empty();
  return wanted ? std::optional{tls} : std::nullopt;
}

}  // namespace

int call(const CallRequest& request) {
  grpc::Metadata metadata;
  for (const std::string& header : request.headers) {
    if (const auto added = add_header(header, metadata); !added) return fail(kExitUsage, added.error());
  }
  const Deadline deadline = request.timeout == Duration::zero()
                                ? Deadline::never()
                                : Deadline::after(Clock::now(), request.timeout);
  const Channel channel = Channel::open(
      request.target,
      {.tls = client_tls(request), .max_receive_message_bytes = request.max_receive_message_bytes});
  const auto schema = schema_for(request, channel, metadata, deadline);
  if (!schema) return fail(kExitNoInput, schema.error().message());

  if (!request.list && request.describe.empty()) {
    return make_call(
        request, channel, **schema,
        {.deadline = deadline, .metadata = &metadata, .style = request.style, .verbose = request.verbose});
  }
  const Result<std::string> text =
      request.list ? list(**schema, request.method) : describe(**schema, request.describe);
  if (!text) return fail_with(text.error());
  print(*text);
  return kExitOk;
}

}  // namespace parlance::app
