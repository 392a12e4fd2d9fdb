#include "scheduling/errors.h"

#include <chrono>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::scheduling {
namespace {

/// Rounded up, but never negative.
std::int64_t ms(Duration duration) {
  return std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count(), 0);
}

Status with_retry(const Status& status, Duration after) {
  return status.with_detail(grpc::to_detail(grpc::RetryInfo{.retry_delay = after}));
}

}  // namespace

Status deadline_passed(const char* when) {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          std::string{"the deadline passed "} + when,
                          {{"hop", "server"}, {"knob", "deadline_ms"}});
}

Status deadline_too_near(Duration left, Duration needed) {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_TOO_NEAR",
                          concat("the request waited until only ", ms(left),
                                 " ms of its deadline were left; a run takes ", ms(needed), " ms"),
                          {{"hop", "server"},
                           {"limit", std::to_string(ms(left))},
                           {"observed", std::to_string(ms(needed))},
                           {"knob", "deadline_ms"}});
}

Status caller_left() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT", "the caller cancelled the call",
                          {{"hop", "server"}});
}

Status queue_full(const std::string& model, std::size_t waiting, Duration retry_in) {
  return with_retry(
      grpc::make_error(StatusCode::kResourceExhausted, "MODEL_QUEUE_FULL",
                       concat("The queue of model \"", model, "\" is full: ", waiting, " requests wait"),
                       {{"hop", "server"},
                        {"limit", std::to_string(waiting)},
                        {"observed", std::to_string(waiting + 1)},
                        {"knob", "queue.max_size"}}),
      retry_in);
}

Status cannot_finish(const std::string& model, Duration left, Duration needed, std::size_t waiting,
                     Duration retry_in) {
  return with_retry(grpc::make_error(StatusCode::kResourceExhausted, "CANNOT_FINISH_IN_TIME",
                                     concat("Model \"", model, "\" cannot answer in the ", ms(left),
                                            " ms that are left: about ", ms(needed), " ms are needed, with ",
                                            waiting, " requests waiting"),
                                     {{"hop", "server"},
                                      {"limit", std::to_string(ms(left))},
                                      {"observed", std::to_string(ms(needed))},
                                      {"knob", "deadline_ms"}}),
                    retry_in);
}

Status too_many_sequences(const std::string& model, std::size_t max_sequences) {
  return grpc::make_error(
      StatusCode::kResourceExhausted, "TOO_MANY_SEQUENCES",
      concat("Model \"", model, "\" has ", max_sequences, " sequences open, as many as it may"),
      {{"hop", "server"},
       {"limit", std::to_string(max_sequences)},
       {"observed", std::to_string(max_sequences + 1)},
       {"knob", "sequence.max_sequences"}});
}

Status unknown_sequence(const std::string& model, const std::string& id) {
  return grpc::make_error(
      StatusCode::kInvalidArgument, "UNKNOWN_SEQUENCE",
      concat("inference request for sequence ", id, " to model '", model,
             "' must specify the START flag on the first request of the sequence: that says sequence_start; ",
             "after sequence.max_idle_ms a sequence ends"),
      {{"hop", "server"}, {"observed", id}, {"knob", "sequence_start"}});
}

Status different_rows(const std::string& model, std::string_view input, std::size_t rows,
                      std::size_t expected) {
  return grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                          concat("input '", input, "' batch size does not match other inputs for '", model,
                                 "': it has ", rows, " rows, the first input ", expected),
                          {{"hop", "server"}});
}

Status takes_no_tensors(const std::string& model) {
  return grpc::make_error(StatusCode::kUnimplemented, "MODEL_CANNOT",
                          concat("Model \"", model, "\" makes text and takes no tensors: call Generate"),
                          {{"hop", "server"}});
}

Status wrong_rows(const std::string& model, std::size_t rows) {
  return grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED",
                          concat("Inference failed: model \"", model, "\" did not give ", rows, " rows for ",
                                 rows, "; without batching it may"),
                          {{"hop", "server"}});
}

}  // namespace parlance::scheduling
