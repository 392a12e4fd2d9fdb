#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/deadline.h"
#include "grpc/metadata.h"
#include "rpc/server_interceptor.h"
#include "rpc/service.h"
#include "services/load_figures.h"

namespace parlance::services {

/// Per call, from its handler: `report` goes out with the call's status, in the trailer
/// `endpoint-load-metrics-bin` (gRPC A51). The last word counts.
void report_load(ServerCall& call, const LoadReport& report);

/// Puts the server's own figures into the report of every call; what the call's handler reported
/// (report_load) stands before them, figure by figure.
std::shared_ptr<ServerInterceptor> make_load_report_interceptor(std::shared_ptr<const LoadFigures> figures);

/// What a server said of its load with a call, from the call's trailing metadata; nothing when it said
/// nothing that can be read.
std::optional<LoadReport> load_report_of(const grpc::Metadata& trailing_metadata);

struct OrcaServiceOptions {
  /// Callers that ask for reports more often than this get them this often. gRPC's usual 30 s.
  Duration min_report_interval = std::chrono::seconds{30};
};

/// Out of band: `xds.service.orca.v3.OpenRcaService`, to be added to a server. StreamCoreMetrics tells the
/// figures at once and then once in every interval; it stays open until the caller ends it, or with
/// UNAVAILABLE when the server begins to drain. Request costs belong to calls and are not told here.
std::shared_ptr<Service> make_orca_service(std::shared_ptr<const LoadFigures> figures,
                                           OrcaServiceOptions options = {});

}  // namespace parlance::services
