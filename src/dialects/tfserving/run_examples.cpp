#include "dialects/tfserving/run_examples.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/run_model.h"
#include "models/byte_elements.h"
#include "models/labels.h"

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

/// The label of each class for each row; an empty one where there is none.
models::Tensor classes_of(const models::Tensor& scores, const models::Labels& labels) {
  const auto rows = static_cast<std::size_t>(scores.shape()[0]);
  const auto classes = static_cast<std::size_t>(scores.shape()[1]);
  std::string row;
  for (std::size_t i = 0; i < classes; ++i)
    models::append_element(row, i < labels.size() ? std::string_view{labels[i]} : std::string_view{});
  std::string elements;
  elements.reserve(rows * row.size());
  for (std::size_t i = 0; i < rows; ++i) elements += row;
  return models::Tensor::owning("classes", models::DataType::kBytes, scores.shape(),
                                Buffer::adopt(std::move(elements)));
}

models::Tensors as_tensors(SignatureKind kind, const models::Tensor& output, const models::Labels& labels) {
  if (kind == SignatureKind::kClassify) return {classes_of(output, labels), output.named("scores")};
  return {
      models::Tensor::owning("outputs", output.type(), {output.shape()[0]}, Buffer::copy_of(output.bytes()))};
}

}  // namespace

Task<Result<models::Tensors>> run_examples(ServerCall& call, scheduling::Scheduler& scheduler,
                                           models::ModelHandle model, const Examples& examples) {
  Result<models::Tensors> rows = to_rows(model.signature(), examples);
  if (!rows) co_return rows.error();
  Task<Result<models::Tensors>> running = run_model(call, scheduler, std::move(model), *std::move(rows));
  Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  if (Status status = check_rows(*outputs, examples.rows.size()); !status.ok()) co_return status;
  co_return outputs;
}

Task<Result<models::Tensors>> run_serialized_examples(ServerCall& call, scheduling::Scheduler& scheduler,
                                                      models::ModelHandle model, SignatureKind kind,
                                                      const models::Tensor& serialized) {
  const Result<ParsedExamples> parsed = parse_examples(serialized);
  if (!parsed) co_return parsed.error();
  const Result<std::size_t> output =
      kind == SignatureKind::kClassify ? classify_output(model, {}) : regress_output(model, {});
  if (!output) co_return output.error();
  const models::Labels labels = model.labels();
  Task<Result<models::Tensors>> running = run_examples(call, scheduler, std::move(model), parsed->examples);
  const Result<models::Tensors> outputs = co_await std::move(running);
  if (!outputs) co_return outputs.error();
  co_return as_tensors(kind, (*outputs)[*output], labels);
}

}  // namespace parlance::dialects::tfserving
