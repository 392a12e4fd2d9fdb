#include "net/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/deadline.h"

namespace parlance::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, FreeContext>;

constexpr unsigned char kAlpn[] = {2, 'h', '2'};
constexpr unsigned char kAlpnWithHttp1[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
// RFC 9113 section 9.2.2 forbids the rest; TLS 1.3 suites are all good.
constexpr char kTls12Ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::chrono::seconds kLookAtFilesEvery{1};

std::string openssl_error() {
  char text[256] = "unknown error";
  unsigned long last = 0;
  while (const unsigned long error = ERR_get_error()) last = error;
  if (last != 0) ERR_error_string_n(last, text, sizeof text);
  return text;
}

std::unexpected<std::string> failure(const std::string& what, const std::string& file) {
  return std::unexpected(what + " " + file + ": " + openssl_error());
}

// The server takes "h2" (`http1_too`: or "http/1.1") or nothing: no ALPN at all is let pass, as gRPC clients
// of old OpenSSL builds have none.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned int offered_size, void* http1_too) {
  unsigned char* chosen = nullptr;
  using Protocols = std::span<const unsigned char>;
  const Protocols known = http1_too != nullptr ? Protocols{kAlpnWithHttp1} : Protocols{kAlpn};
  const auto size = static_cast<unsigned int>(known.size());
  if (SSL_select_next_proto(&chosen, out_size, known.data(), size, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

using Made = std::expected<ContextPointer, std::string>;

bool is_ip_address(const std::string& text) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), address) == 1 || inet_pton(AF_INET6, text.c_str(), address) == 1;
}

Made base_context(const SSL_METHOD* method) {
  ERR_clear_error();
  ContextPointer context{SSL_CTX_new(method)};
  if (context == nullptr) return std::unexpected("cannot make a TLS context: " + openssl_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kTls12Ciphers);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

std::expected<void, std::string> load_pair(SSL_CTX& context, const std::string& certificate,
                                           const std::string& key) {
  if (SSL_CTX_use_certificate_chain_file(&context, certificate.c_str()) != 1) {
    return failure("cannot use the certificate", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failure("cannot use the key", key);
  }
  if (SSL_CTX_check_private_key(&context) != 1) {
    return std::unexpected("the key " + key + " does not belong to the certificate " + certificate);
  }
  return {};
}

Made make(const TlsServerOptions& options, bool http1_too) {
  Made context = base_context(TLS_server_method());
  if (!context) return context;
  SSL_CTX& raw = **context;
  if (auto loaded = load_pair(raw, options.certificate_file, options.key_file); !loaded) {
    return std::unexpected(loaded.error());
  }
  SSL_CTX_set_alpn_select_cb(&raw, select_alpn, http1_too ? &raw : nullptr);
  static constexpr unsigned char kSessionId[] = "parlance";
  SSL_CTX_set_session_id_context(&raw, kSessionId, sizeof kSessionId - 1);
  // A client's next connection needs one; OpenSSL's two cost as much again with every handshake.
  SSL_CTX_set_num_tickets(&raw, 1);
  if (options.client_certificate == ClientCertificate::kNone) return context;
  if (SSL_CTX_load_verify_locations(&raw, options.client_ca_file.c_str(), nullptr) != 1) {
    return failure("cannot use the client CA", options.client_ca_file);
  }
  SSL_CTX_set_client_CA_list(&raw, SSL_load_client_CA_file(options.client_ca_file.c_str()));
  const bool required = options.client_certificate == ClientCertificate::kRequired;
  SSL_CTX_set_verify(&raw, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return context;
}

Made make(const TlsClientOptions& options) {
  Made context = base_context(TLS_client_method());
  if (!context) return context;
  SSL_CTX& raw = **context;
  const int roots = options.ca_file.empty()
                        ? SSL_CTX_set_default_verify_paths(&raw)
                        : SSL_CTX_load_verify_locations(&raw, options.ca_file.c_str(), nullptr);
  if (roots != 1)
    return failure("cannot use the roots", options.ca_file.empty() ? "of the system" : options.ca_file);
  if (!options.certificate_file.empty()) {
    if (auto loaded = load_pair(raw, options.certificate_file, options.key_file); !loaded) {
      return std::unexpected(loaded.error());
    }
  }
  SSL_CTX_set_alpn_protos(&raw, kAlpn, sizeof kAlpn);
  SSL_CTX_set_verify(&raw, SSL_VERIFY_PEER, nullptr);
  return context;
}

// What changes on disk is what a file's time of change says.
using Look = std::vector<std::filesystem::file_time_type>;

Look look_at(const std::vector<std::string>& files) {
  Look times;
  for (const std::string& file : files) {
    std::error_code missing;
    times.push_back(std::filesystem::last_write_time(file, missing));
  }
  return times;
}

}  // namespace

// The context in force, and what its files looked like when they were read.
class TlsContext::Impl {
 public:
  Impl(std::vector<std::string> files, std::string name, std::function<Made()> make_context)
      : server_name(std::move(name)), files_(std::move(files)), make_(std::move(make_context)) {
    std::erase(files_, "");
  }

  std::expected<void, std::string> load() {
    seen_ = look_at(files_);  // before they are read: a change in between is seen later
    Made made = make_();
    if (!made) return std::unexpected(made.error());
    context_ = std::move(*made);
    return {};
  }

  std::shared_ptr<SSL_CTX> current() {
    const std::lock_guard lock{mutex_};
    const Clock::time_point now = Clock::now();
    if (now - looked_at_ < kLookAtFilesEvery) return context_;
    looked_at_ = now;
    if (look_at(files_) == seen_) return context_;
    const auto loaded = load();
    reload_error_ = loaded ? std::string{} : loaded.error();
    return context_;
  }

  std::string reload_error() const {
    const std::lock_guard lock{mutex_};
    return reload_error_;
  }

  const std::string server_name;

 private:
  std::vector<std::string> files_;
  std::function<Made()> make_;
  mutable std::mutex mutex_;
  Look seen_;
  Clock::time_point looked_at_ = Clock::now();
  std::shared_ptr<SSL_CTX> context_;
  std::string reload_error_;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

std::expected<std::shared_ptr<TlsContext>, std::string> TlsContext::server(TlsServerOptions options,
                                                                           bool http1_too) {
  std::vector<std::string> files{options.certificate_file, options.key_file, options.client_ca_file};
  auto impl =
      std::make_unique<Impl>(std::move(files), "", [options, http1_too] { return make(options, http1_too); });
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return std::shared_ptr<TlsContext>(new TlsContext{std::move(impl)});
}

std::expected<std::shared_ptr<TlsContext>, std::string> TlsContext::client(TlsClientOptions options) {
  std::vector<std::string> files{options.certificate_file, options.key_file, options.ca_file};
  auto impl =
      std::make_unique<Impl>(std::move(files), options.server_name, [options] { return make(options); });
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return std::shared_ptr<TlsContext>(new TlsContext{std::move(impl)});
}

void TlsContext::refresh() { impl_->current(); }

std::string TlsContext::reload_error() const { return impl_->reload_error(); }

ssl_st* TlsContext::new_server_session() {
  SSL* session = SSL_new(impl_->current().get());
  SSL_set_accept_state(session);
  return session;
}

ssl_st* TlsContext::new_client_session(std::string_view host) {
  SSL* session = SSL_new(impl_->current().get());
  SSL_set_connect_state(session);
  const std::string name = impl_->server_name.empty() ? std::string{host} : impl_->server_name;
  if (is_ip_address(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str());
  } else {
    SSL_set_tlsext_host_name(session, name.c_str());
    SSL_set1_host(session, name.c_str());
  }
  return session;
}

}  // namespace parlance::net
