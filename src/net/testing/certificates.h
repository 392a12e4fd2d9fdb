#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

namespace parlance::net::testing {

/// A folder that goes when this goes.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parlance-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A certificate authority made on the spot, and the certificates it signs, as PEM files (ECDSA P-256).
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name)
      : key_(new_key()), certificate_(new_certificate(name, key_.get())) {
    add_extension(NID_basic_constraints, "critical,CA:TRUE");
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  }

  void write_certificate(const std::string& file) const { write(file, certificate_.get()); }

  /// `alternative_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  void issue(const std::string& name, const std::string& alternative_names,
             const std::string& certificate_file, const std::string& key_file) const {
    const Key key = new_key();
    const Certificate certificate = new_certificate(name, key.get());
    add_extension(certificate.get(), NID_subject_alt_name, alternative_names);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    write(certificate_file, certificate.get());
    const File out{std::fopen(key_file.c_str(), "w"), &std::fclose};
    PEM_write_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  static constexpr long kDaySeconds = 24 * 60 * 60;

  static Key new_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

  static Certificate new_certificate(const std::string& name, EVP_PKEY* key) {
    Certificate certificate{X509_new(), &X509_free};
    X509_set_version(certificate.get(), X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return certificate;
  }

  void add_extension(int kind, const std::string& value) const {
    add_extension(certificate_.get(), kind, value);
  }
  static void add_extension(X509* certificate, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static void write(const std::string& file, X509* certificate) {
    const File out{std::fopen(file.c_str(), "w"), &std::fclose};
    PEM_write_X509(out.get(), certificate);
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace parlance::net::testing
