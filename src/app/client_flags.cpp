#include "app/client_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/values.h"

namespace parlance::app {
namespace {

void add_tls_flags(CLI::App& command, CallTarget& target) {
  command.add_flag("--tls", target.use_tls, "TLS, with the system's roots");
  command.add_option("--ca", target.tls.ca_file, "TLS, with the roots of this PEM file")->type_name("FILE");
  command.add_option("--cert", target.tls.certificate_file, "PEM: the client's certificate (mutual TLS)")
      ->type_name("FILE");
  command.add_option("--key", target.tls.key_file, "PEM: the key of --cert")->type_name("FILE");
  command
      .add_option("--server-name", target.tls.server_name,
                  "The name that the server's certificate must carry,\nwhen it is not TARGET's")
      ->type_name("NAME");
}

}  // namespace

void add_connection_flags(CLI::App& command, CallTarget& target, ClientFlags& flags,
                          const std::string& timeout_help) {
  command
      .add_option("-H,--header", target.headers, "Metadata to send; base64 for a name in -bin; may\nrepeat")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
  add_tls_flags(command, target);
  command.add_option("--timeout", flags.timeout, timeout_help)->type_name("TIME");
  command
      .add_option("--max-receive-message-bytes", flags.max_receive_message_bytes,
                  "Largest response, as in 64MiB. Default: 4MiB")
      ->type_name("SIZE");
}

void add_client_flags(CLI::App& command, CallTarget& target, ClientFlags& flags,
                      const std::string& timeout_help) {
  command
      .add_option("--proto", target.protos,
                  "Take the types from this file, not from the\nserver's reflection; may repeat")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command.add_option("-I,--import", target.import_dirs, "Where imports of --proto are searched; may repeat")
      ->type_name("DIR")
      ->allow_extra_args(false);
  add_connection_flags(command, target, flags, timeout_help);
}

std::expected<void, std::string> read_client_flags(const ClientFlags& flags, CallTarget& target) {
  if (!flags.timeout.empty()) {
    const auto timeout = parse_duration(flags.timeout);
    if (!timeout) return std::unexpected{fmt::format("--timeout: {}", timeout.error())};
    if (*timeout == Duration::zero()) return std::unexpected{std::string{"--timeout: must be more than 0"}};
    target.timeout = *timeout;
  }
  if (!flags.max_receive_message_bytes.empty()) {
    const auto size = parse_size(flags.max_receive_message_bytes);
    if (!size) return std::unexpected{fmt::format("--max-receive-message-bytes: {}", size.error())};
    target.max_receive_message_bytes = *size;
  }
  if (target.tls.certificate_file.empty() != target.tls.key_file.empty()) {
    return std::unexpected{std::string{"--cert and --key are given together or not at all"}};
  }
  return {};
}

}  // namespace parlance::app
