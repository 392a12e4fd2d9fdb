#include "interceptors/trace_context.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

grpc::Metadata metadata(std::initializer_list<std::pair<const char*, std::string>> entries) {
  grpc::Metadata made;
  for (const auto& [name, value] : entries) EXPECT_TRUE(made.add(name, value));
  return made;
}

TEST(TraceParent, IsReadAndWritten) {
  const auto parent = TraceParent::parse(kParent);
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(parent->span_id, "b7ad6b7169203331");
  EXPECT_EQ(parent->flags, 1);
  EXPECT_EQ(parent->to_string(), kParent);
}

TEST(TraceParent, OfALaterVersionIsReadAsFarAsItIsKnown) {
  const std::string later = "cc" + std::string{kParent}.substr(2);
  EXPECT_TRUE(TraceParent::parse(later));
  EXPECT_TRUE(TraceParent::parse(later + "-what-the-future-brings"));
  EXPECT_FALSE(TraceParent::parse(later + "x"));
}

TEST(TraceParent, OfWrongFormIsNone) {
  const std::string zero_trace = "00-" + std::string(32, '0') + "-b7ad6b7169203331-01";
  const std::string zero_span = "00-0af7651916cd43dd8448eb211c80319c-" + std::string(16, '0') + "-01";
  for (const std::string& text :
       {std::string{}, zero_trace, zero_span, std::string{kParent}.substr(0, 54), std::string{kParent} + "-x",
        "ff" + std::string{kParent}.substr(2), "0g" + std::string{kParent}.substr(2),
        std::string{"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"},
        std::string{"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01"}}) {
    EXPECT_FALSE(TraceParent::parse(text)) << text;
  }
}

TEST(Trace, ContinuesTheCallersTraceWithASpanOfItsOwn) {
  const Trace trace =
      Trace::of(metadata({{"x-trace-id", "abc"}, {"traceparent", kParent}, {"tracestate", "vendor=1"}}));
  EXPECT_EQ(trace.trace_id, "abc");
  EXPECT_EQ(trace.span.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace.parent_span_id, "b7ad6b7169203331");
  EXPECT_NE(trace.span.span_id, trace.parent_span_id);
  EXPECT_EQ(trace.span.flags, 1);
  grpc::Metadata sent;
  trace.add_to(sent);
  EXPECT_EQ(sent.get("x-trace-id"), "abc");
  EXPECT_EQ(sent.get("traceparent"), trace.span.to_string());
  EXPECT_EQ(sent.get("tracestate"), "vendor=1");
}

TEST(Trace, BeginsOneWhenTheCallerHasNone) {
  const Trace first = Trace::of({});
  const Trace second = Trace::of({});
  EXPECT_TRUE(TraceParent::parse(first.span.to_string())) << first.span.to_string();
  EXPECT_EQ(first.trace_id, first.span.trace_id);
  EXPECT_EQ(first.parent_span_id, "");
  EXPECT_NE(first.trace_id, second.trace_id);
}

TEST(Trace, TracestateWithoutAParentMeansNothing) {
  EXPECT_EQ(Trace::of(metadata({{"traceparent", "wrong"}, {"tracestate", "vendor=1"}})).tracestate, "");
}

TEST(Trace, AnOverlongTraceIdIsReplaced) {
  const Trace trace = Trace::of(metadata({{"x-trace-id", std::string(129, 'x')}}));
  EXPECT_EQ(trace.trace_id, trace.span.trace_id);
}

}  // namespace
}  // namespace parlance::interceptors
