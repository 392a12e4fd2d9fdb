#pragma once

#include <memory>
#include <utility>

#include "rpc/service.h"

namespace parlance::dialects::torchserve {

/// The Open Inference Protocol under TorchServe's name, org.pytorch.serve.grpc.openinference: the messages
/// differ from those of inference.GRPCInferenceService in their package alone, so the same methods answer.
class OpenInferenceService final : public Service {
 public:
  /// `kserve` serves inference.GRPCInferenceService.
  explicit OpenInferenceService(std::shared_ptr<Service> kserve) : kserve_(std::move(kserve)) {}

  std::string_view full_name() const override;
  /// Those that TorchServe has.
  std::vector<MethodBinding> methods() override;

 private:
  const std::shared_ptr<Service> kserve_;
};

}  // namespace parlance::dialects::torchserve
