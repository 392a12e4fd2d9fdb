#include "services/binary_log_call.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <utility>

#include "grpc/status_wire.h"

namespace parlance::services {
namespace {

namespace binlog = ::grpc::binarylog::v1;

// What lets somebody in. Also every name with one of kSecretParts in it.
constexpr std::array<std::string_view, 4> kSecretNames{"authorization", "proxy-authorization", "cookie",
                                                       "set-cookie"};
constexpr std::array<std::string_view, 5> kSecretParts{"token", "secret", "password", "api-key",
                                                       "credential"};

std::uint64_t next_call_id() {
  static std::atomic<std::uint64_t> last = 0;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void set_duration(google::protobuf::Duration& into, Duration duration) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  into.set_seconds(seconds.count());
  into.set_nanos(static_cast<std::int32_t>((duration - seconds) / std::chrono::nanoseconds{1}));
}

// "ipv4:127.0.0.1:50051", "ipv6:[::1]:50051", "unix:/path".
void set_peer(binlog::GrpcLogEntry& entry, std::string_view peer) {
  if (peer.empty()) return;
  binlog::Address& address = *entry.mutable_peer();
  const std::string_view rest = peer.substr(std::min(peer.find(':') + 1, peer.size()));
  if (peer.starts_with("unix:")) {
    address.set_type(binlog::Address::TYPE_UNIX);
    address.set_address(std::string{rest});
    return;
  }
  const bool is_v6 = peer.starts_with("ipv6:");
  const std::size_t colon = rest.rfind(':');
  std::string_view host = rest.substr(0, colon);
  if (is_v6 && host.size() >= 2) host = host.substr(1, host.size() - 2);
  address.set_type(is_v6 ? binlog::Address::TYPE_IPV6 : binlog::Address::TYPE_IPV4);
  address.set_address(std::string{host});
  if (colon == std::string_view::npos) return;
  std::uint32_t port = 0;
  std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
  address.set_ip_port(port);
}

}  // namespace

BinaryLogCall::BinaryLogCall(BinaryLogFile& file, Entry::Logger logger, const BinaryLogLimits& limits,
                             std::span<const std::string> secrets)
    : file_(file), logger_(logger), limits_(limits), secrets_(secrets), id_(next_call_id()) {}

BinaryLogCall::Entry BinaryLogCall::begin(Entry::EventType type) {
  Entry entry;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  entry.mutable_timestamp()->set_seconds(seconds.count());
  entry.mutable_timestamp()->set_nanos(
      static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now - seconds).count()));
  entry.set_call_id(id_);
  entry.set_sequence_id_within_call(++sequence_);
  entry.set_type(type);
  entry.set_logger(logger_);
  return entry;
}

void BinaryLogCall::client_header(std::string_view method, std::string_view authority, Duration timeout,
                                  const grpc::Metadata& metadata, std::string_view peer) {
  Entry entry = begin(Entry::EVENT_TYPE_CLIENT_HEADER);
  binlog::ClientHeader& header = *entry.mutable_client_header();
  header.set_method_name(std::string{method});
  header.set_authority(std::string{authority});
  if (timeout != Duration::max()) set_duration(*header.mutable_timeout(), timeout);
  put(metadata, *header.mutable_metadata(), entry);
  set_peer(entry, peer);
  write(entry);
}

void BinaryLogCall::server_header(const grpc::Metadata& metadata, std::string_view peer) {
  if (std::exchange(has_server_header_, true)) return;
  Entry entry = begin(Entry::EVENT_TYPE_SERVER_HEADER);
  put(metadata, *entry.mutable_server_header()->mutable_metadata(), entry);
  set_peer(entry, peer);
  write(entry);
}

void BinaryLogCall::server_trailer(const Status& status, const grpc::Metadata& metadata,
                                   std::string_view peer) {
  Entry entry = begin(Entry::EVENT_TYPE_SERVER_TRAILER);
  binlog::Trailer& trailer = *entry.mutable_trailer();
  trailer.set_status_code(static_cast<std::uint32_t>(status.code()));
  trailer.set_status_message(std::string{status.message()});
  if (!status.details().empty()) trailer.set_status_details(grpc::encode_rpc_status(status));
  put(metadata, *trailer.mutable_metadata(), entry);
  if (!has_server_header_) set_peer(entry, peer);
  write(entry);
}

void BinaryLogCall::cancel() { write(begin(Entry::EVENT_TYPE_CANCEL)); }

void BinaryLogCall::log_message(Entry::EventType type, Bytes message) {
  Entry entry = begin(type);
  const std::size_t kept =
      static_cast<std::size_t>(std::min<std::uint64_t>(message.size(), limits_.message_bytes));
  entry.mutable_message()->set_length(static_cast<std::uint32_t>(message.size()));
  entry.mutable_message()->set_data(std::string{as_text(message.first(kept))});
  entry.set_payload_truncated(kept < message.size());
  write(entry);
}

// Whole entries in their order until one does not fit.
void BinaryLogCall::put(const grpc::Metadata& metadata, binlog::Metadata& into, Entry& entry) const {
  std::uint64_t left = limits_.header_bytes;
  for (const auto& [name, value] : metadata) {
    if (is_secret(name) || name.starts_with("grpc-")) continue;
    if (name.size() + value.size() > left) return entry.set_payload_truncated(true);
    left -= name.size() + value.size();
    binlog::MetadataEntry& logged = *into.add_entry();
    logged.set_key(std::string{name});
    logged.set_value(std::string{value});
  }
}

bool BinaryLogCall::is_secret(std::string_view name) const {
  return std::ranges::find(kSecretNames, name) != kSecretNames.end() ||
         std::ranges::find(secrets_, name) != secrets_.end() ||
         std::ranges::any_of(kSecretParts, [&](std::string_view part) { return name.contains(part); });
}

}  // namespace parlance::services
