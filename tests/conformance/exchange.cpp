#include "exchange.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "base/assert.h"
#include "base/bytes.h"
#include "grpc/base64.h"

namespace parlance::conformance {
namespace {

bool read_exactly(char* into, std::size_t size_bytes) {
  return std::fread(into, 1, size_bytes, stdin) == size_bytes;
}

std::string decoded(const std::string& name, const std::string& value) {
  return grpc::is_binary_name(name) ? grpc::base64_decode(value).value_or(value) : value;
}

}  // namespace

bool read_message(google::protobuf::MessageLite& message) {
  char prefix[4];
  if (!read_exactly(prefix, sizeof prefix)) return false;
  std::string bytes(load_be32(as_bytes({prefix, sizeof prefix}).data()), '\0');
  require(read_exactly(bytes.data(), bytes.size()), "a message of the suite is cut off");
  require(message.ParseFromString(bytes), "a message of the suite does not parse");
  return true;
}

void write_message(const google::protobuf::MessageLite& message) {
  const std::string bytes = message.SerializeAsString();
  std::byte prefix[4];
  store_be32(prefix, static_cast<std::uint32_t>(bytes.size()));
  std::fwrite(prefix, 1, sizeof prefix, stdout);
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  std::fflush(stdout);
}

Result<void> add_headers(const Headers& headers, grpc::Metadata& metadata) {
  for (const v1::Header& header : headers) {
    for (const std::string& value : header.value()) {
      if (auto added = metadata.add(header.name(), decoded(header.name(), value)); !added) return added;
    }
  }
  return {};
}

Headers to_headers(const grpc::Metadata& metadata) {
  Headers headers;
  for (const auto [name, value] : metadata) {
    auto same = std::ranges::find(headers, name, &v1::Header::name);
    v1::Header& header = same != headers.end() ? *same : *headers.Add();
    header.set_name(std::string{name});
    header.add_value(grpc::is_binary_name(name) ? grpc::base64_encode(value) : std::string{value});
  }
  return headers;
}

CertificateFolder::CertificateFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "parlance-conformance-XXXXXX").string();
  require(mkdtemp(path.data()) != nullptr, "no folder for certificates can be made");
  folder_ = path;
}

CertificateFolder::~CertificateFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string CertificateFolder::store(std::string_view pem) {
  const std::filesystem::path path = folder_ / std::to_string(files_++);
  std::ofstream{path} << pem;
  return path.string();
}

}  // namespace parlance::conformance
