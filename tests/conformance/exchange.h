#pragma once

#include <google/protobuf/message_lite.h>

#include <filesystem>
#include <string_view>

#include "connectrpc/conformance/v1/service.pb.h"
#include "grpc/metadata.h"

namespace parlance::conformance {

namespace v1 = ::connectrpc::conformance::v1;
using Headers = google::protobuf::RepeatedPtrField<v1::Header>;

/// The messages between the suite and the programs under test: each behind its size, 4 bytes in network
/// order. False at the end of stdin; a message that is cut off or malformed ends the process.
bool read_message(google::protobuf::MessageLite& message);
void write_message(const google::protobuf::MessageLite& message);

/// The suite writes binary metadata (`-bin`) in base64. INVALID_ARGUMENT for what is no metadata.
Result<void> add_headers(const Headers& headers, grpc::Metadata& metadata);
/// Values of one name stand together, in their order.
Headers to_headers(const grpc::Metadata& metadata);

/// A folder for certificates, which the suite sends as bytes and TLS takes from files; gone with the object.
class CertificateFolder {
 public:
  CertificateFolder();
  ~CertificateFolder();
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;

  /// The path of a new file with that text.
  std::string store(std::string_view pem);

 private:
  std::filesystem::path folder_;
  int files_ = 0;
};

}  // namespace parlance::conformance
