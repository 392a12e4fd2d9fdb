#include "rpc/load_report.h"

#include <bit>

#include "grpc/proto_wire.h"

namespace parlance::detail {
namespace {

using grpc::ProtoReader;
using Figures = std::map<std::string, double, std::less<>>;

// Field numbers of OrcaLoadReport.
enum : std::uint32_t {
  kCpuUtilization = 1,
  kMemUtilization = 2,
  kRequestCost = 4,
  kUtilization = 5,
  kRpsFractional = 6,
  kEps = 7,
  kNamedMetrics = 8,
  kApplicationUtilization = 9,
};

double number(const ProtoReader::Field& field) {
  return field.kind == ProtoReader::Kind::kFixed64 ? std::bit_cast<double>(field.integer) : 0;
}

bool read_entry(std::string_view bytes, Figures& figures) {
  ProtoReader reader{bytes};
  std::string_view key;
  double value = 0;
  while (const auto field = reader.next()) {
    if (field->is_bytes(1)) key = field->bytes;
    if (field->number == 2) value = number(*field);
  }
  if (!reader.failed()) figures.insert_or_assign(std::string{key}, value);
  return !reader.failed();
}

bool read_field(const ProtoReader::Field& field, balancing::LoadReport& report) {
  switch (field.number) {
    case kCpuUtilization:
      report.cpu_utilization = number(field);
      return true;
    case kMemUtilization:
      report.memory_utilization = number(field);
      return true;
    case kRpsFractional:
      report.requests_per_second = number(field);
      return true;
    case kEps:
      report.errors_per_second = number(field);
      return true;
    case kApplicationUtilization:
      report.application_utilization = number(field);
      return true;
    case kRequestCost:
      return read_entry(field.bytes, report.request_cost);
    case kUtilization:
      return read_entry(field.bytes, report.utilization);
    case kNamedMetrics:
      return read_entry(field.bytes, report.named_metrics);
    default:
      return true;
  }
}

}  // namespace

std::optional<balancing::LoadReport> parse_load_report(std::string_view bytes) {
  ProtoReader reader{bytes};
  balancing::LoadReport report;
  while (const auto field = reader.next()) {
    if (!read_field(*field, report)) return std::nullopt;
  }
  if (reader.failed()) return std::nullopt;
  return report;
}

std::optional<balancing::LoadReport> load_report_of(const grpc::Metadata& trailers) {
  const auto bytes = trailers.get(kLoadReportTrailer);
  return bytes ? parse_load_report(*bytes) : std::nullopt;
}

}  // namespace parlance::detail
