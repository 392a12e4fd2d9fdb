#include "rpc/service_config_choice.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/concat.h"
#include "rpc/json_fields.h"

namespace parlance {
namespace {

using detail::JsonFields;
using detail::JsonProblem;
using Json = nlohmann::json;

constexpr std::array<std::string_view, 4> kFields{"clientLanguage", "percentage", "clientHostname",
                                                  "serviceConfig"};

bool same_but_for_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Whether one of the texts is `own`; an absent or empty list fits every client.
bool fits(const JsonFields& choice, std::string_view name, std::string_view own,
          bool (*same)(std::string_view, std::string_view)) {
  bool empty = true;
  bool found = false;
  choice.each(name, [&](const Json& value, const std::string& path) {
    empty = false;
    if (!value.is_string()) return choice.problem().wrong(path, value, "a text");
    found |= same(value.get_ref<const std::string&>(), own);
  });
  return empty || found;
}

/// Every field is looked at, so that a list that is wrong anywhere is found to be so by every client.
bool matches(const JsonFields& choice, const ServiceConfigClient& client) {
  const bool language = fits(choice, "clientLanguage", client.language, same_but_for_case);
  const bool host = fits(choice, "clientHostname", client.hostname,
                         [](std::string_view a, std::string_view b) { return a == b; });
  const auto percentage = choice.whole("percentage", {.low = 0, .high = 100});
  return language && host && (!percentage || client.percentage_roll < *percentage);
}

void check_fields(const JsonFields& choice) {
  for (const auto& [name, value] : choice.json().items()) {
    if (std::ranges::find(kFields, name) != kFields.end()) continue;
    choice.problem().say(concat(choice.path_of(name),
                                " is no field of a choice; those are clientLanguage, percentage, ",
                                "clientHostname and serviceConfig"));
  }
  const Json* config = choice.find("serviceConfig");
  if (config == nullptr) {
    choice.problem().missing(choice.path_of("serviceConfig"), "an object");
  } else if (!config->is_object()) {
    choice.problem().wrong(choice.path_of("serviceConfig"), *config, "an object");
  }
}

}  // namespace

std::expected<std::optional<std::string>, std::string> choose_from_txt(std::string_view json,
                                                                       const ServiceConfigClient& client) {
  JsonProblem problem;
  const auto list = detail::parse_json(json, "grpc_config", problem);
  if (!list) return std::unexpected(problem.text());
  if (!list->is_array()) problem.wrong("grpc_config", *list, "a list of choices");

  std::optional<std::string> chosen;
  const Json document{{"grpc_config", *list}};
  const JsonFields fields{document, "", problem};
  fields.each("grpc_config", [&](const Json& element, const std::string& path) {
    const JsonFields choice{element, path, problem};
    if (!element.is_object()) return;
    check_fields(choice);
    if (matches(choice, client) && !problem.found() && !chosen) chosen = choice.find("serviceConfig")->dump();
  });
  if (problem.found()) return std::unexpected(problem.text());
  return chosen;
}

}  // namespace parlance
