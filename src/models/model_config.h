#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/signature.h"

namespace parlance::models {

/// What `raw_input` of a model may be and how it becomes the model's input.
struct RawInputConfig {
  std::vector<std::string> formats;  // the names a caller may give; the first is meant when none is given
  std::string transform;             // a name that find_transform() knows
};

/// Where a run is executed.
enum class RunPlace : std::uint8_t {
  kMeasured,  // on the loop when warm-up shows it to be short enough, else on a worker
  kLoop,      // on the event loop of the caller
  kWorker,    // on a worker thread
};

/// What `<model>/model.yaml` says; the default is what holds without that file. Every key may be left out:
///
///     backend: openvino                # else by the extension of the model file
///     file: model.onnx                 # else the one file of the version folder that a backend reads
///     inputs:                          # checked against the model file
///       - {name: features, type: FP32, shape: [-1, 64]}
///     outputs:
///       - {name: probabilities, type: FP32, shape: [-1, 10]}
///     labels: labels.txt               # in the version folder, else in the model's folder
///     raw_input:                       # the model also takes the bytes of a file
///       formats: [bytes]
///       transform: magika
///     run: loop                        # or worker; else as measured at warm-up
struct ModelConfig {
  std::string backend;
  std::string file;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::string labels;
  RawInputConfig raw_input;
  RunPlace run = RunPlace::kMeasured;
};

/// Reads `file`, which errors call `name`. FAILED_PRECONDITION "<name>:<line>: …" for a file that is not
/// YAML, an unknown key (named, with the keys that exist), a key given twice or a value of the wrong kind.
Result<ModelConfig> read_model_config(const std::filesystem::path& file, const std::string& name);

/// The same of text.
Result<ModelConfig> parse_model_config(const std::string& text, const std::string& name);

}  // namespace parlance::models
