#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "grpc/binlog/v1/binarylog.pb.h"
#include "grpc/metadata.h"
#include "services/binary_log_file.h"
#include "services/binary_log_filter.h"

namespace parlance::services {

/// The entries of one call, in the order they are made, each with the time, the call's id and its number.
class BinaryLogCall {
 public:
  using Entry = ::grpc::binarylog::v1::GrpcLogEntry;

  /// `secrets`: names of metadata that are left out. All outlive this.
  BinaryLogCall(BinaryLogFile& file, Entry::Logger logger, const BinaryLogLimits& limits,
                std::span<const std::string> secrets);

  /// `peer` may be empty: "ipv4:127.0.0.1:50051" otherwise. `timeout`: Duration::max() for none.
  void client_header(std::string_view method, std::string_view authority, Duration timeout,
                     const grpc::Metadata& metadata, std::string_view peer);
  void client_message(Bytes message) { log_message(Entry::EVENT_TYPE_CLIENT_MESSAGE, message); }
  /// Once; later ones are ignored.
  void server_header(const grpc::Metadata& metadata, std::string_view peer);
  void server_message(Bytes message) { log_message(Entry::EVENT_TYPE_SERVER_MESSAGE, message); }
  void server_trailer(const Status& status, const grpc::Metadata& metadata, std::string_view peer);
  void cancel();

 private:
  Entry begin(Entry::EventType type);
  void log_message(Entry::EventType type, Bytes message);
  void put(const grpc::Metadata& metadata, ::grpc::binarylog::v1::Metadata& into, Entry& entry) const;
  bool is_secret(std::string_view name) const;
  void write(const Entry& entry) { file_.write(entry.SerializeAsString()); }

  BinaryLogFile& file_;
  const Entry::Logger logger_;
  const BinaryLogLimits limits_;
  const std::span<const std::string> secrets_;
  const std::uint64_t id_;
  std::uint64_t sequence_ = 0;
  bool has_server_header_ = false;
};

}  // namespace parlance::services
