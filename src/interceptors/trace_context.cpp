#include "interceptors/trace_context.h"

#include <algorithm>
#include <cstdio>

#include "net/random.h"

namespace parlance::interceptors {
namespace {

constexpr std::size_t kTraceIdDigits = 32;
constexpr std::size_t kSpanIdDigits = 16;
// "00-" + trace id + "-" + span id + "-" + flags
constexpr std::size_t kVersion00Size = 55;
constexpr std::size_t kLongestTracestate = 512;  // Trace Context section 3.3.1.5: what must be handed on

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

int value_of(char hex_digit) { return hex_digit <= '9' ? hex_digit - '0' : hex_digit - 'a' + 10; }

std::string random_id(std::size_t digits) {
  std::string id;
  while (id.size() < digits) {
    char sixteen[kSpanIdDigits + 1];
    std::snprintf(sixteen, sizeof sixteen, "%016llx",
                  static_cast<unsigned long long>(net::thread_random()() | 1U));
    id += sixteen;
  }
  return id;
}

bool fits_trace_id(std::string_view id) { return !id.empty() && id.size() <= Trace::kLongestTraceId; }

}  // namespace

std::optional<TraceParent> TraceParent::parse(std::string_view text) {
  if (text.size() < kVersion00Size) return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace_id = text.substr(3, kTraceIdDigits);
  const std::string_view span_id = text.substr(36, kSpanIdDigits);
  const std::string_view flags = text.substr(53, 2);
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  if (!is_hex(version) || version == "ff" || !is_id(trace_id) || !is_id(span_id) || !is_hex(flags)) {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(kVersion00Size);
  if (!rest.empty() && (version == "00" || rest[0] != '-')) return std::nullopt;
  return TraceParent{std::string{trace_id}, std::string{span_id},
                     static_cast<std::uint8_t>(value_of(flags[0]) * 16 + value_of(flags[1]))};
}

std::string TraceParent::to_string() const {
  char last[3];
  std::snprintf(last, sizeof last, "%02x", flags);
  return "00-" + trace_id + "-" + span_id + "-" + last;
}

Trace Trace::of(const grpc::Metadata& request) {
  Trace trace;
  const auto parent = TraceParent::parse(request.get("traceparent").value_or(""));
  if (parent) {
    trace.span = *parent;
    trace.parent_span_id = parent->span_id;
    const std::string_view state = request.get("tracestate").value_or("");
    if (state.size() <= kLongestTracestate) trace.tracestate = state;
  } else {
    trace.span.trace_id = random_id(kTraceIdDigits);
  }
  trace.span.span_id = random_id(kSpanIdDigits);
  const std::string_view given = request.get("x-trace-id").value_or("");
  trace.trace_id = fits_trace_id(given) ? given : trace.span.trace_id;
  return trace;
}

void Trace::add_to(grpc::Metadata& metadata) const {
  (void)metadata.add("x-trace-id", trace_id);
  (void)metadata.add("traceparent", span.to_string());
  if (!tracestate.empty()) (void)metadata.add("tracestate", tracestate);
}

}  // namespace parlance::interceptors
