#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"

namespace parlance::scheduling {

/// DEADLINE_EXCEEDED "the deadline passed <when>".
Status deadline_passed(const char* when);

inline constexpr const char* kBeforeRun = "before the model was run";
inline constexpr const char* kDuringRun = "while the model ran";

/// DEADLINE_EXCEEDED before the deadline has passed: what is `left` until then does not suffice for a run,
/// which takes `needed`.
Status deadline_too_near(Duration left, Duration needed);

/// CANCELLED.
Status caller_left();

// RESOURCE_EXHAUSTED, with RetryInfo. `model` is a name.

/// `waiting` requests are as many as wait at most.
Status queue_full(const std::string& model, std::size_t waiting, Duration retry_in);
/// With all that is before it the request would be answered after `needed`, but only `left` is left.
Status cannot_finish(const std::string& model, Duration left, Duration needed, std::size_t waiting,
                     Duration retry_in);
/// `max_sequences` are open.
Status too_many_sequences(const std::string& model, std::size_t max_sequences);

/// INVALID_ARGUMENT, as Triton says it: no sequence of that id is open, and the request is no start of one.
Status unknown_sequence(const std::string& model, const std::string& id);

/// INVALID_ARGUMENT, as Triton says it: `input` has `rows`, where the first input has `expected`.
Status different_rows(const std::string& model, std::string_view input, std::size_t rows,
                      std::size_t expected);

/// UNIMPLEMENTED: the model makes text, and was given tensors.
Status takes_no_tensors(const std::string& model);

/// INTERNAL: a run's outputs do not have the rows of its inputs.
Status wrong_rows(const std::string& model, std::size_t rows);

}  // namespace parlance::scheduling
