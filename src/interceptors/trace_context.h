#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grpc/metadata.h"

namespace parlance::interceptors {

/// A W3C `traceparent` (Trace Context, version 00): "00-<trace id>-<span id>-<flags>".
struct TraceParent {
  std::string trace_id;  // 32 hexadecimal digits, lower case, not all zero
  std::string span_id;   // 16 likewise
  std::uint8_t flags = 0;

  /// Nothing for what the recommendation calls invalid. A version above 00 is read as far as 00 goes.
  static std::optional<TraceParent> parse(std::string_view text);
  std::string to_string() const;
  bool operator==(const TraceParent&) const = default;
};

/// What identifies a call in logs, here and on the servers it calls. AccessLog puts it on the call
/// (`call.attributes().find<Trace>()`).
struct Trace {
  /// The caller's `x-trace-id`; when that is missing or unfit, the trace id of `span`.
  std::string trace_id;
  /// This server's span: of the caller's trace, with an id of its own; a new trace when there was none.
  TraceParent span;
  /// The caller's span id; empty when there was none.
  std::string parent_span_id;
  /// The caller's `tracestate`, handed on as it came; empty when there was none.
  std::string tracestate;

  /// The trace of a call with that request metadata. New ids are random, from this thread's generator.
  static Trace of(const grpc::Metadata& request);
  /// Adds what servers called from here on need: `x-trace-id`, `traceparent` and `tracestate`.
  void add_to(grpc::Metadata& metadata) const;

  /// Longer trace ids of callers are not taken: they go into every line of the log.
  static constexpr std::size_t kLongestTraceId = 128;
};

}  // namespace parlance::interceptors
