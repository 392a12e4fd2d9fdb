#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace parlance::testing {

/// What handler and client read and write: messages of libprotobuf, or generated views and fields.
enum class Form : std::uint8_t { kMessages, kViews };

struct PredictPlan {
  Form form = Form::kMessages;
  unsigned in_flight = 1;
  unsigned calls = 1;
  std::size_t raw_input_bytes = 0;
  std::size_t predictions = 10;
};

/// Calls inference.InferenceService/Predict that often: a server and a client in this process, each with a
/// loop of its own, on the public API as a user would write it who reads responses into a message of his own,
/// over one connection of loopback TCP. Each side tells of a call on its loop's thread: the server when the
/// handler begins, the client when it has the answer. A call that fails, or brings something else than was
/// asked for, ends the process.
void make_predict_calls(const PredictPlan& plan, const std::function<void()>& on_server_call,
                        const std::function<void()>& on_client_call);

}  // namespace parlance::testing
