#pragma once

#include <expected>
#include <string>

#include "app/call_target.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace parlance::app {

/// The flags of every command that makes calls, as far as they are not yet in a CallTarget.
struct ClientFlags {
  std::string timeout;
  std::string max_receive_message_bytes;
};

/// Adds the flags of metadata, TLS and limits; what the line gives goes to both. `timeout_help` says what
/// --timeout is for.
void add_connection_flags(CLI::App& command, CallTarget& target, ClientFlags& flags,
                          const std::string& timeout_help);

/// Adds these and the flags of types.
void add_client_flags(CLI::App& command, CallTarget& target, ClientFlags& flags,
                      const std::string& timeout_help);

/// The values in words, into `target`; what goes together is checked. The error names the flag.
std::expected<void, std::string> read_client_flags(const ClientFlags& flags, CallTarget& target);

}  // namespace parlance::app
