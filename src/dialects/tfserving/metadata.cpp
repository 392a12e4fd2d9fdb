#include "dialects/tfserving/metadata.h"

#include <string>
#include <vector>

#include "dialects/tfserving/data_types.h"
#include "dialects/tfserving/signatures.h"

namespace parlance::dialects::tfserving {
namespace {

using Infos = ::google::protobuf::Map<std::string, ::tensorflow::TensorInfo>;

void add(const std::vector<models::TensorSpec>& specs, Infos& infos) {
  for (const models::TensorSpec& spec : specs) {
    ::tensorflow::TensorInfo& info = infos[spec.name];
    info.set_name(spec.name + ":0");
    info.set_dtype(static_cast<::tensorflow::DataType>(to_tensorflow(spec.type)));
    for (const std::int64_t size : spec.shape) info.mutable_tensor_shape()->add_dim()->set_size(size);
    info.mutable_tensor_shape();  // a scalar has one, too
  }
}

}  // namespace

::tensorflow::serving::SignatureDefMap signature_defs(const models::ModelHandle& model) {
  ::tensorflow::serving::SignatureDefMap map;
  for (const ServedSignature& signature : signatures_of(model)) {
    ::tensorflow::SignatureDef& def = (*map.mutable_signature_def())[std::string{signature.name}];
    add(signature.tensors.inputs, *def.mutable_inputs());
    add(signature.tensors.outputs, *def.mutable_outputs());
    def.set_method_name(std::string{method_name(signature.kind)});
  }
  return map;
}

}  // namespace parlance::dialects::tfserving
