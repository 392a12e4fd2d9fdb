#include "app/cli.h"

#include <fmt/format.h>

#include <google/protobuf/stubs/common.h>
#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/bench_command.h"
#include "app/call.h"
#include "app/chat_command.h"
#include "app/client_flags.h"
#include "app/config_file.h"
#include "app/exit_codes.h"
#include "app/explain.h"
#include "app/import_command.h"
#include "app/models_command.h"
#include "app/serve.h"
#include "app/spelling.h"
#include "app/torchserve_config.h"

#include "app/usage.h"
#include "base/version.h"

namespace parlance::app {
namespace {

// What the command line gave; the values of serve's settings by their names.
struct CommandLine {
  std::string repository;
  std::string config_file;
  std::string torchserve_config;
  std::map<std::string, std::vector<std::string>, std::less<>> settings;
  CallRequest call;
  std::vector<std::string> error;
  ClientFlags call_flags;
  BenchCommand bench;
  ModelsCommand models;
  ImportCommand import;
  ChatCommand chat;
};

// CLI11's own writes "TEXT REQUIRED" behind a positional and "..." behind whatever is kept in a list.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const bool is_value = !option->get_positional() && option->get_type_size() != 0;
    return is_value ? " " + option->get_type_name() : std::string{};
  }
};

CLI::App* add_serve(CLI::App& app, CommandLine& given) {
  CLI::App* serve = app.add_subcommand("serve", "Serve the models of a folder over gRPC and HTTP.");
  serve->add_option("REPOSITORY", given.repository,
                    "The model repository: a folder a model, in it a\nfolder a version; or TensorFlow "
                    "Serving's models.config.\n"
                    "Default: what --torchserve-config names");
  serve->add_option("--config", given.config_file, "YAML with the flags below as keys; flags win")
      ->type_name("FILE");
  serve
      ->add_option("--torchserve-config", given.torchserve_config,
                   "TorchServe's config.properties, below both")
      ->type_name("FILE");
  for (const ServeSetting& setting : serve_settings()) {
    serve
        ->add_option(fmt::format("--{}", setting.name), given.settings[std::string{setting.name}],
                     std::string{setting.help})
        ->type_name(std::string{setting.value_name})
        ->allow_extra_args(false);
  }
  serve->footer(
      "Serves the clients of KServe v2, Triton, TorchServe, TensorFlow Serving and the OpenAI API,\n"
      "inference.InferenceService, health and reflection (docs/serving.md).\n"
      "Ends on SIGTERM or SIGINT: health turns to NOT_SERVING, open calls run on for\n"
      "--shutdown-grace, a second signal ends it at once.\n"
      "\n"
      "Examples:\n"
      "  parlance serve models/repository\n"
      "  parlance serve models/repository --listen 127.0.0.1:8500 --require digits\n"
      "  parlance serve /srv/models --config serve.yaml --log-format json\n"
      "\n"
      "Exit codes: 0 after a signal, 64 wrong usage, 66 no such repository,\n"
      "69 an address cannot be listened on, 78 wrong configuration file.");
  return serve;
}

CLI::App* add_call(CLI::App& app, CommandLine& given) {
  CallRequest& request = given.call;
  CLI::App* call = app.add_subcommand("call", "Call a method of any gRPC server, with JSON.");
  call->add_option("TARGET", request.target, "host:port, ipv4:…, ipv6:…, unix:/path")->required();
  call->add_option("METHOD", request.method, "package.Service/Method");
  call->add_option(
          "DATA,-d,--data", request.data,
          "The request as JSON, @FILE, or @- for stdin; for a\nstreaming method one JSON document after the "
          "other,\neach sent as it is read. Default: an empty request")
      ->type_name("JSON");
  call->add_flag("--list", request.list, "List the services, or the methods of the service\nnamed as METHOD");
  call->add_option("--describe", request.describe,
                   "Print the declaration of a service, method,\nmessage, enum or field")
      ->type_name("SYMBOL");
  add_client_flags(*call, request, given.call_flags,
                   "Give up after this time, as in 500ms or 2s; the\nserver is told. Default: none");
  call->add_flag("-c,--compact", request.style.compact, "A response a line");
  call->add_flag("--defaults", request.style.default_values,
                 "Print fields that have their default value too");
  call->add_flag("-v,--verbose", request.verbose, "Show metadata, trailers and status on stderr");
  call->footer(
      "Examples:\n"
      "  parlance call localhost:50051 --list\n"
      "  parlance call localhost:50051 --describe inference.PredictRequest\n"
      "  parlance call localhost:50051 inference.InferenceService/Predict @digit.json\n"
      "  parlance call localhost:50051 grpc.health.v1.Health/Check -d '{\"service\": \"\"}'\n"
      "  generate | parlance call host:50051 inference.InferenceService/StreamingPredict @-\n"
      "  parlance call host:50051 shop.Till/Pay @pay.json --proto shop.proto -I protos \\\n"
      "      -H 'authorization: Bearer …' --timeout 500ms\n"
      "\n"
      "The exit code is the call's gRPC status: 0 OK, 3 INVALID_ARGUMENT, 4 DEADLINE_EXCEEDED,\n"
      "5 NOT_FOUND, 14 UNAVAILABLE and so on; 64 wrong usage, 65 wrong request data,\n"
      "66 a file cannot be read.");
  return call;
}

CLI::App* add_explain(CLI::App& app, CommandLine& given) {
  CLI::App* explain = app.add_subcommand("explain", "Say what a gRPC error means and what to change.");
  explain->add_option("ERROR", given.error,
                      "What was printed of the error, or - for stdin,\nwhich is the default");
  explain->footer(
      "Reads the base64 of grpc-status-details-bin, what grpcurl, grpcio, grpc-go, grpc-js or\n"
      "parlance call print of an error, google.rpc.Status as JSON, a line of the server's log,\n"
      "or the name of a reason, or the name or number of a code.\n"
      "\n"
      "Examples:\n"
      "  parlance explain CAgSBWxhcmdl…\n"
      "  grpcurl -plaintext localhost:50051 shop.Till/Pay 2>&1 | parlance explain\n"
      "  parlance explain 'rpc error: code = Unavailable desc = connection refused'\n"
      "  parlance explain 8\n"
      "\n"
      "Exit codes: 0, 64 wrong usage, 65 no error was found in it.");
  return explain;
}

int run_explain(const CommandLine& given) {
  std::string text;
  for (const std::string& word : given.error) text += text.empty() ? word : " " + word;
  return explain(text);
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

int run_serve(const CommandLine& given) {
  ServeConfig config;
  std::filesystem::path repository = given.repository;
  if (!given.torchserve_config.empty()) {
    const auto store = read_torchserve_config(given.torchserve_config, environment, config);
    if (!store) return std::fprintf(stderr, "%s\n", store.error().c_str()), kExitConfig;
    if (repository.empty()) repository = *store;
  }
  if (repository.empty()) return usage_error("REPOSITORY is required: the folder of the models");
  if (!given.config_file.empty()) {
    if (const auto read = read_config_file(given.config_file, config); !read) {
      std::fprintf(stderr, "%s\n", read.error().c_str());
      return kExitConfig;
    }
  }
  for (const ServeSetting& setting : serve_settings()) {
    const std::vector<std::string>& values = given.settings.find(setting.name)->second;
    if (values.empty()) continue;
    if (values.size() > 1 && !setting.repeats)
      return usage_error(fmt::format("--{} is given twice", setting.name));
    if (const auto assigned = setting.assign(config, values); !assigned) {
      return usage_error(fmt::format("--{}: {}", setting.name, assigned.error()));
    }
  }
  if (const auto checked = check(config); !checked) return usage_error(checked.error());
  return serve(repository, config);
}

int run_call(CommandLine& given) {
  CallRequest& request = given.call;
  if (const auto read = read_client_flags(given.call_flags, request); !read) return usage_error(read.error());
  if (request.method.empty() && !request.list && request.describe.empty()) {
    return usage_error("METHOD is missing: package.Service/Method, or --list to see what there is");
  }
  return call(request);
}

// CLI11 says of a wrong word only that a command is missing.
int unknown_command(std::string_view word) {
  constexpr std::array<std::string_view, 8> kCommands{"serve", "models",  "call",   "chat",
                                                      "bench", "explain", "import", "version"};
  const std::string_view close = nearest(word, kCommands);
  return usage_error(fmt::format("there is no command '{}'{}", word,
                                 close.empty()
                                     ? ": serve, models, call, chat, bench, explain, import or version"
                                     : fmt::format("; did you mean '{}'?", close)));
}

std::string version_text() {
  return fmt::format("parlance {} (protobuf {})", kVersion,
                     google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION));
}

}  // namespace

int run(int argument_count, const char* const* arguments) {
  CLI::App app{"Parlance: gRPC for AI inference."};
  app.name("parlance");
  app.require_subcommand(1);
  auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(34);
  app.formatter(formatter);
  CommandLine given;
  const CLI::App* serve = add_serve(app, given);
  CLI::App* models = add_models(app, given.models);
  const CLI::App* call = add_call(app, given);
  const CLI::App* chat = add_chat(app, given.chat);
  const CLI::App* bench = add_bench(app, given.bench);
  const CLI::App* explain = add_explain(app, given);
  const CLI::App* import = add_import(app, given.import);
  const CLI::App* version = app.add_subcommand("version", "Print the version.");
  app.set_version_flag("--version", version_text, "Print the version and exit");
  app.footer("Run `parlance COMMAND --help` for the options of a command, with examples.");
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::RequiredError& error) {
    const bool has_word = argument_count > 1 && arguments[1][0] != '-';
    if (has_word && app.get_subcommands().empty()) return unknown_command(arguments[1]);
    const bool has_action = argument_count > 2 && arguments[2][0] != '-';
    if (has_action && app.got_subcommand(models) && models->get_subcommands().empty()) {
      return unknown_models_action(arguments[2]);
    }
    return app.exit(error), kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (serve->parsed()) return run_serve(given);
  if (models->parsed()) return run_models(given.models);
  if (call->parsed()) return run_call(given);
  if (chat->parsed()) return run_chat(given.chat);
  if (bench->parsed()) return run_bench(given.bench);
  if (explain->parsed()) return run_explain(given);
  if (import->parsed()) return run_import(given.import);
  if (!version->parsed()) return kExitUsage;
  std::puts(version_text().c_str());
  return kExitOk;
}

}  // namespace parlance::app
