#include "app/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/spelling.h"

namespace parlance::app {
namespace {

namespace pb = google::protobuf;

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& names) {
  const std::string_view close = nearest(name, names);
  return close.empty() ? std::string{} : fmt::format("; did you mean '{}'?", close);
}

std::unexpected<Status> no_such_service(Schema& schema, const std::string& service) {
  const Status reason = schema.why_not_found(service);
  if (reason.code() != StatusCode::kNotFound) return std::unexpected{reason};
  const Result<std::vector<std::string>> services = schema.services();
  if (!services) return std::unexpected{services.error()};
  const std::vector<std::string_view> names{services->begin(), services->end()};
  return std::unexpected{
      Status{StatusCode::kNotFound, fmt::format("there is no service '{}'{}\nServices: {}", service,
                                                did_you_mean(service, names), fmt::join(names, ", "))}};
}

std::unexpected<Status> no_such_method(const pb::ServiceDescriptor& service, const std::string& method) {
  std::vector<std::string_view> names;
  for (int i = 0; i < service.method_count(); ++i) names.push_back(service.method(i)->name());
  return std::unexpected{Status{
      StatusCode::kNotFound, fmt::format("{} has no method '{}'{}\nMethods: {}", service.full_name(), method,
                                         did_you_mean(method, names), fmt::join(names, ", "))}};
}

}  // namespace

Result<const pb::MethodDescriptor*> find_method(Schema& schema, const std::string& name) {
  const std::size_t slash = name.rfind('/');
  const std::size_t cut = slash != std::string::npos && slash > 0 ? slash : name.rfind('.');
  if (cut == std::string::npos || cut == 0 || cut + 1 == name.size()) {
    return std::unexpected{Status{StatusCode::kInvalidArgument,
                                  fmt::format("'{}' is not a method; write package.Service/Method", name)}};
  }
  const std::size_t begin = name.front() == '/' ? 1 : 0;
  const std::string service_name = name.substr(begin, cut - begin);
  const std::string method_name = name.substr(cut + 1);
  const pb::ServiceDescriptor* service = schema.pool().FindServiceByName(service_name);
  if (service == nullptr) return no_such_service(schema, service_name);
  const pb::MethodDescriptor* method = service->FindMethodByName(method_name);
  if (method == nullptr) return no_such_method(*service, method_name);
  return method;
}

Result<std::string> describe(Schema& schema, const std::string& symbol) {
  const pb::DescriptorPool& pool = schema.pool();
  pb::DebugStringOptions options;
  options.include_comments = true;
  if (const auto* service = pool.FindServiceByName(symbol)) return service->DebugStringWithOptions(options);
  if (const auto* message = pool.FindMessageTypeByName(symbol))
    return message->DebugStringWithOptions(options);
  if (const auto* enumeration = pool.FindEnumTypeByName(symbol))
    return enumeration->DebugStringWithOptions(options);
  if (const auto* method = pool.FindMethodByName(symbol)) return method->DebugStringWithOptions(options);
  if (const auto* field = pool.FindFieldByName(symbol)) return field->DebugStringWithOptions(options);
  if (symbol.find('/') != std::string::npos) {
    const Result<const pb::MethodDescriptor*> method = find_method(schema, symbol);
    if (!method) return std::unexpected{method.error()};
    return (*method)->DebugStringWithOptions(options);
  }
  return std::unexpected{schema.why_not_found(symbol)};
}

}  // namespace parlance::app
