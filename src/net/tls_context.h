#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls_options.h"

struct ssl_st;  // OpenSSL's SSL

namespace parlance::net {

/// What TLS connections are made from: certificates, roots and rules. TLS 1.2 and 1.3 only; ALPN "h2"; of
/// TLS 1.2 only the cipher suites that HTTP/2 allows (RFC 9113 section 9.2.2: ephemeral key exchange, AEAD).
/// Thread-safe.
///
/// A file that changes on disk is read again before the next connection, at most once a second; connections
/// that are open keep what they began with. A changed file that cannot be used leaves the old one in force,
/// and `reload_error()` says why.
class TlsContext {
 public:
  /// The error names the file and what OpenSSL says of it. `http1_too`: clients of HTTP/1.1 are taken by
  /// ALPN; those that know both get HTTP/2.
  static std::expected<std::shared_ptr<TlsContext>, std::string> server(TlsServerOptions options,
                                                                        bool http1_too = false);
  static std::expected<std::shared_ptr<TlsContext>, std::string> client(TlsClientOptions options);
  ~TlsContext();

  /// A new session for one connection; the caller owns it (SSL_free). `host`: what the target names; the
  /// options' `server_name` overrules it.
  ssl_st* new_server_session();
  ssl_st* new_client_session(std::string_view host);
  /// Looks at the files now, if that was not done within the last second.
  void refresh();
  /// Why the last changed files were not taken; empty when all is well.
  std::string reload_error() const;

 private:
  class Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance::net
