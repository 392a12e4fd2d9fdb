#include "app/text_models.h"

#include <algorithm>
#include <set>

#include "kserve/grpc_service.parlance.h"
#include "rpc/client_call.h"

namespace parlance::app {
namespace {

using Client = inference::GRPCInferenceService::Client;

template <typename Tensors>
bool has_text(const Tensors& tensors, std::string_view name) {
  return std::ranges::any_of(
      tensors, [&](const auto& tensor) { return tensor.name() == name && tensor.datatype() == "BYTES"; });
}

Result<bool> makes_text(const Client& client, std::string_view model, const CallOptions& options) {
  inference::ModelMetadataRequest request;
  request.set_name(std::string{model});
  const auto metadata = client.ModelMetadata(request, options).wait();
  if (!metadata) return std::unexpected{metadata.error()};
  return has_text(metadata->inputs(), "text_input") && has_text(metadata->outputs(), "text_output");
}

}  // namespace

Result<std::vector<std::string>> text_models(const Channel& channel, const CallOptions& options) {
  const Client client{channel};
  inference::RepositoryIndexRequest request;
  request.set_ready(true);
  const auto index = client.RepositoryIndex(request, options).wait();
  if (!index) return std::unexpected{index.error()};
  std::set<std::string> names;
  for (const auto& model : index->models()) names.insert(model.name());

  std::vector<std::string> found;
  for (const std::string& name : names) {
    const Result<bool> is_one = makes_text(client, name, options);
    if (is_one && *is_one) found.push_back(name);  // a failure: it has gone meanwhile
  }
  return found;
}

Result<bool> makes_text(const Channel& channel, std::string_view model, const CallOptions& options) {
  return makes_text(Client{channel}, model, options);
}

}  // namespace parlance::app
