#include "dialects/torchserve/open_inference.h"

#include <google/protobuf/descriptor.h>

#include "torchserve/open_inference.pb.h"

namespace parlance::dialects::torchserve {
namespace {

namespace oip = ::org::pytorch::serve::grpc::openinference;

// By a message: the linker keeps the file then, which reflection must be able to hand out.
const google::protobuf::ServiceDescriptor& service() {
  return *oip::ModelInferRequest::descriptor()->file()->service(0);
}

}  // namespace

std::string_view OpenInferenceService::full_name() const { return service().full_name(); }

std::vector<MethodBinding> OpenInferenceService::methods() {
  std::vector<MethodBinding> methods = kserve_->methods();
  std::erase_if(methods, [](const MethodBinding& method) {
    return service().FindMethodByName(method.name()) == nullptr;
  });
  return methods;
}

}  // namespace parlance::dialects::torchserve
