#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "grpc/metadata.h"
#include "rpc/balancing/policy.h"

namespace parlance::detail {

/// The trailer in which a server reports its load with a call's status (gRPC A51).
inline constexpr std::string_view kLoadReportTrailer = "endpoint-load-metrics-bin";

/// Among a server call's attributes: the serialized OrcaLoadReport that goes out with the call's status.
struct CallLoad {
  std::string report;
};

/// A serialized xds.data.orca.v3.OrcaLoadReport; nothing for bytes that are no such message.
std::optional<balancing::LoadReport> parse_load_report(std::string_view bytes);
/// The report among `trailers`, if there is a valid one.
std::optional<balancing::LoadReport> load_report_of(const grpc::Metadata& trailers);

}  // namespace parlance::detail
