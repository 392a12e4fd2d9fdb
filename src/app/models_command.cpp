#include "app/models_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <expected>
#include <optional>

#include "app/admin_server.h"
#include "app/spelling.h"
#include "app/usage.h"
#include "app/values.h"

namespace parlance::app {
namespace {

constexpr std::uint64_t kMostInstances = 4'096;
constexpr std::uint64_t kMostBatches = 1'000'000;

enum class Takes : std::uint8_t { kNone, kMany, kOneOrMore, kAtMostOne };

struct Action {
  ModelsAction action;
  const char* name;
  Takes takes;
  const char* help;
};

constexpr Action kActions[] = {
    {ModelsAction::kList, "list", Takes::kMany, "Every model and version: state, settings, requests."},
    {ModelsAction::kDescribe, "describe", Takes::kOneOrMore, "All that is known of a model."},
    {ModelsAction::kLoad, "load", Takes::kOneOrMore,
     "Load a model, or load it anew: the old one serves until\nthe new one is warm."},
    {ModelsAction::kUnload, "unload", Takes::kOneOrMore,
     "Take a model out of service, wait for its requests, free it."},
    {ModelsAction::kScale, "scale", Takes::kOneOrMore,
     "Change how many runs of a model may be made at a time."},
    {ModelsAction::kWatch, "watch", Takes::kMany, "Print changes as they happen, until Ctrl-C."},
    {ModelsAction::kBatches, "batches", Takes::kAtMostOne,
     "Why each of the last batches was run when it was."},
};

void add_flags(CLI::App& command, ModelsCommand& given) {
  command.add_option("--admin", given.request.admin, "Where the server's admin address is")
      ->type_name("ADDRESS:PORT")
      ->default_str(std::string{kDefaultAdminAddress});
  command.add_flag("--json", given.json,
                   "JSON, an object a line; so it is, too, when stdout is\nno terminal");
  command.add_flag("--table", given.table, "Tables even then")->excludes("--json");
  command
      .add_option("--timeout", given.timeout,
                  "Give up after this time, as in 500ms or 2s; what the\nserver has "
                  "begun goes on. Default: none")
      ->type_name("TIME");
}

void add_models_argument(CLI::App& command, const Action& action, ModelsCommand& given) {
  const bool by_name_only = action.action == ModelsAction::kList || action.action == ModelsAction::kWatch;
  CLI::Option* models = command.add_option(by_name_only ? "MODEL" : "MODEL[:VERSION]", given.models,
                                           by_name_only ? "Only these" : "As in digits or digits:2");
  if (action.takes == Takes::kOneOrMore) models->required();
  if (action.takes == Takes::kAtMostOne) models->expected(0, 1);
}

std::expected<ModelName, std::string> parse_name(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  ModelName name{.model = text.substr(0, colon)};
  if (name.model.empty()) return std::unexpected{fmt::format("'{}' names no model", text)};
  if (colon == std::string::npos) return name;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, name.version);
  if (error != std::errc{} || stop != end || name.version <= 0) {
    return std::unexpected{
        fmt::format("'{}': a version is a positive whole number, as in {}:2", text, name.model)};
  }
  return name;
}

std::expected<std::uint32_t, std::string> parse_number(std::string_view flag, const std::string& text,
                                                       std::uint64_t most) {
  const auto number = parse_count(text, most);
  if (!number) return std::unexpected{fmt::format("{}: {}", flag, number.error())};
  if (*number == 0) return std::unexpected{fmt::format("{}: must be more than 0", flag)};
  return static_cast<std::uint32_t>(*number);
}

std::expected<void, std::string> read(ModelsCommand& given) {
  ModelsRequest& request = given.request;
  for (const std::string& text : given.models) {
    const auto name = parse_name(text);
    if (!name) return std::unexpected{name.error()};
    request.models.push_back(*name);
  }
  if (!given.instances.empty()) {
    const auto instances = parse_number("--instances", given.instances, kMostInstances);
    if (!instances) return std::unexpected{instances.error()};
    request.instances = *instances;
  }
  if (!given.limit.empty()) {
    const auto limit = parse_number("--limit", given.limit, kMostBatches);
    if (!limit) return std::unexpected{limit.error()};
    request.limit = *limit;
  }
  if (!given.timeout.empty()) {
    const auto timeout = parse_duration(given.timeout);
    if (!timeout) return std::unexpected{fmt::format("--timeout: {}", timeout.error())};
    if (*timeout == Duration::zero()) return std::unexpected{std::string{"--timeout: must be more than 0"}};
    request.timeout = *timeout;
  }
  if (request.admin.empty()) request.admin = kDefaultAdminAddress;
  request.json = given.json || (!given.table && isatty(STDOUT_FILENO) == 0);
  return {};
}

}  // namespace

CLI::App* add_models(CLI::App& app, ModelsCommand& given) {
  CLI::App* models = app.add_subcommand("models", "See and change the models of a running `parlance serve`.");
  models->require_subcommand(1);
  for (const Action& action : kActions) {
    CLI::App* command = models->add_subcommand(action.name, action.help);
    add_models_argument(*command, action, given);
    if (action.action == ModelsAction::kScale) {
      command->add_option("--instances", given.instances, "Runs at the same time")
          ->type_name("NUMBER")
          ->required();
    }
    if (action.action == ModelsAction::kBatches) {
      command->add_option("--limit", given.limit, "At most so many. Default: all that are kept")
          ->type_name("NUMBER");
    }
    add_flags(*command, given);
    command->callback([&given, which = action.action] { given.request.action = which; });
  }
  models->footer(
      "Asks the server's admin address (--admin; by default 127.0.0.1:8051, as of `parlance serve`).\n"
      "\n"
      "Examples:\n"
      "  parlance models list\n"
      "  parlance models load digits\n"
      "  parlance models unload digits:1 --timeout 30s\n"
      "  parlance models scale digits --instances 4\n"
      "  parlance models batches digits --limit 20\n"
      "  parlance models watch --json | jq .change\n"
      "\n"
      "The exit code is the call's gRPC status: 0 OK, 4 DEADLINE_EXCEEDED, 5 NOT_FOUND,\n"
      "9 FAILED_PRECONDITION, 14 UNAVAILABLE and so on; 64 wrong usage.");
  return models;
}

int unknown_models_action(std::string_view word) {
  std::vector<std::string_view> names;
  for (const Action& action : kActions) names.emplace_back(action.name);
  const std::string_view close = nearest(word, names);
  return usage_error(fmt::format("models has no action '{}'{}", word,
                                 close.empty() ? fmt::format(": {}", fmt::join(names, ", "))
                                               : fmt::format("; did you mean '{}'?", close)));
}

int run_models(ModelsCommand& given) {
  if (const auto checked = read(given); !checked) return usage_error(checked.error());
  return models(given.request);
}

}  // namespace parlance::app
