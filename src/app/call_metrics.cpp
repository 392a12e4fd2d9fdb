#include "app/metric_families.h"
#include "app/metric_sources.h"

namespace parlance::app {

// The names that an OpenTelemetry exporter gives gRPC's server metrics (A66) in Prometheus.
std::vector<prometheus::MetricFamily> call_metrics(const Server& server) {
  using enum prometheus::MetricType;
  MetricFamilyBuilder started{"grpc_server_call_started_total", Counter, "Calls that began."};
  MetricFamilyBuilder duration{"grpc_server_call_duration_seconds", Histogram,
                               "From a call's headers to its status."};
  MetricFamilyBuilder sent{"grpc_server_call_sent_total_compressed_message_size_bytes", Histogram,
                           "A call's response messages together, as they were on the wire."};
  MetricFamilyBuilder received{"grpc_server_call_rcvd_total_compressed_message_size_bytes", Histogram,
                               "A call's request messages together, as they were on the wire."};
  for (const CallStatistics& method : server.call_statistics()) {
    started.counter({{"grpc_method", method.method}}, static_cast<double>(method.started));
    for (const CallStatistics::Ended& ended : method.ended) {
      const std::string_view status = to_string(ended.status);
      const MetricLabels labels{{"grpc_method", method.method}, {"grpc_status", status}};
      duration.histogram(labels, ended.duration);
      sent.histogram(labels, kCallBytesBounds, ended.sent.counts, static_cast<double>(ended.sent.bytes));
      received.histogram(labels, kCallBytesBounds, ended.received.counts,
                         static_cast<double>(ended.received.bytes));
    }
  }
  return {started.take(), duration.take(), sent.take(), received.take()};
}

}  // namespace parlance::app
