#include "app/json_messages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <string_view>
#include <vector>

#include "app/json_layout.h"

namespace parlance::app {
namespace {

namespace pb = google::protobuf;

constexpr const char* kUrlPrefix = "type.googleapis.com";

std::string url_of(const pb::Descriptor& type) { return fmt::format("{}/{}", kUrlPrefix, type.full_name()); }

// libprotobuf says "(a.b): Cannot find field." with the path of the message and the field in it.
std::string explain(std::string_view error, const pb::Descriptor& type) {
  std::string text{error};
  if (!error.ends_with("Cannot find field.")) return text;
  std::vector<std::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return fmt::format("{} {} has: {}", text, type.full_name(), fmt::join(names, ", "));
}

}  // namespace

JsonMessages::JsonMessages(const pb::DescriptorPool& pool)
    : types_(pb::util::NewTypeResolverForDescriptorPool(kUrlPrefix, &pool)) {}

std::expected<Buffer, std::string> JsonMessages::parse(const pb::Descriptor& type,
                                                       const std::string& json) const {
  std::string bytes;
  const auto status = pb::util::JsonToBinaryString(types_.get(), url_of(type), json, &bytes);
  if (!status.ok()) return std::unexpected{explain(std::string_view{status.message()}, type)};
  return Buffer::adopt(std::move(bytes));
}

std::expected<std::string, std::string> JsonMessages::print(const pb::Descriptor& type, const Buffer& bytes,
                                                            JsonStyle style) const {
  pb::util::JsonPrintOptions options;
  options.always_print_primitive_fields = style.default_values;
  std::string json;
  const auto status =
      pb::util::BinaryToJsonString(types_.get(), url_of(type), std::string{bytes.text()}, &json, options);
  if (!status.ok()) {
    return std::unexpected{fmt::format("the response is not a valid {}: {}", type.full_name(),
                                       std::string_view{status.message()})};
  }
  return style.compact ? json + "\n" : layout_json(json);
}

}  // namespace parlance::app
