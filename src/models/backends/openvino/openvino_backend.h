#pragma once

#include <memory>

#include "models/backend.h"

namespace parlance::models {

/// OpenVINO on the CPU: ONNX, OpenVINO IR, TensorFlow Lite, frozen TensorFlow and Paddle files.
///
/// Runs are synchronous: `done` is called before run() returns, on the caller's thread. Results are computed
/// in FP32 on every machine, so that the same model gives the same answer everywhere. Tensors above 16 KiB
/// are not copied: inputs are read where they are, outputs whose shape is known beforehand are written
/// straight into the buffer that is handed out.
///
/// An IR with a state (Optimum's and GenAI's openvino_model.xml) that lies beside a tokenizer and a
/// detokenizer is a model of text. All the threads that runs of another model would have compute its steps.
class OpenVinoBackend final : public Backend {
 public:
  OpenVinoBackend();
  ~OpenVinoBackend() override;

  std::string_view name() const override { return "openvino"; }
  std::span<const std::string_view> extensions() const override;
  std::span<const std::string_view> side_files() const override;
  Result<std::unique_ptr<LoadedModel>> load(const ModelSource& source, const LoadOptions& options) override;

 private:
  struct Engine;
  std::shared_ptr<Engine> engine_;  // shared with the models, which compile anew when they are scaled
};

}  // namespace parlance::models
