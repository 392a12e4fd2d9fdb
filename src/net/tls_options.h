#pragma once

#include <cstdint>
#include <string>

namespace parlance::net {

/// Whether a server asks its clients for certificates.
enum class ClientCertificate : std::uint8_t {
  kNone,
  kVerifyIfGiven,  // a client may come without one; one that is given must be good
  kRequired,       // mutual TLS
};

/// Files are PEM. They are read when the context is made and again when they change on disk.
struct TlsServerOptions {
  /// The server's certificate, followed by its chain.
  std::string certificate_file;
  std::string key_file;
  /// Who may sign client certificates; needed unless `client_certificate` is kNone.
  std::string client_ca_file = {};
  ClientCertificate client_certificate = ClientCertificate::kNone;
};

struct TlsClientOptions {
  /// Who may sign the server's certificate; empty: the system's roots.
  std::string ca_file = {};
  /// For servers that ask for one (mutual TLS); both or none.
  std::string certificate_file = {};
  std::string key_file = {};
  /// The name that the server's certificate must carry, and that is sent as SNI; empty: the host of the
  /// target.
  std::string server_name = {};
};

}  // namespace parlance::net
