#include "dialects/tfserving/run_examples.h"

#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/predict.h"
#include "dialects/tfserving/signatures.h"

namespace parlance::dialects::tfserving {
namespace {

Status check_rows(const models::Tensors& outputs, std::size_t examples) {
  for (const models::Tensor& output : outputs) {
    if (!output.shape().empty() && output.shape()[0] == static_cast<std::int64_t>(examples)) continue;
    return invalid(concat("Input batch size did not match output batch size: ", examples, " vs. ",
                          models::to_string(output.shape())))
        .error();
  }
  return {};
}

}  // namespace

Task<Result<models::Tensors>> run_examples(ServerCall& call, const models::Repository& repository,
                                           scheduling::Scheduler& scheduler, models::ModelHandle model,
                                           const Examples& examples) {
  Result<models::Tensors> rows = to_rows(model.signature(), examples);
  if (!rows) co_return rows.error();
  Task<Result<models::Tensors>> running =
      predict(call, repository, scheduler, std::move(model), {.name = kDefaultSignature}, *std::move(rows));
  Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  if (Status status = check_rows(*outputs, examples.rows.size()); !status.ok()) co_return status;
  co_return outputs;
}

}  // namespace parlance::dialects::tfserving
