#include "models/backends/python/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "generation/utf8_assembler.h"
#include "grpc/error_details.h"
#include "models/byte_elements.h"

namespace parlance::models::python {
namespace {

// numpy and what is built on it read vectors fastest from there.
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMostDimensions = 32;
constexpr std::size_t kLongestError = 4096;

Json specs_message(const std::vector<TensorSpec>& specs) {
  Json list = Json::array();
  for (const TensorSpec& spec : specs)
    list.push_back({{"name", spec.name}, {"type", to_string(spec.type)}, {"shape", spec.shape}});
  return list;
}

std::optional<std::string> read_text(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::size_t> read_size(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::size_t>();
}

std::optional<Shape> read_shape(const Json& object) {
  const auto found = object.find("shape");
  if (found == object.end() || !found->is_array() || found->size() > kMostDimensions) return std::nullopt;
  Shape shape;
  for (const Json& dimension : *found) {
    if (!dimension.is_number_integer()) return std::nullopt;
    shape.push_back(dimension.get<std::int64_t>());
  }
  return shape;
}

std::optional<std::vector<TensorSpec>> read_specs(const Json& message, const char* key) {
  const auto found = message.find(key);
  if (found == message.end() || !found->is_array()) return std::nullopt;
  std::vector<TensorSpec> specs;
  for (const Json& each : *found) {
    if (!each.is_object()) return std::nullopt;
    const auto name = read_text(each, "name");
    const auto type = read_text(each, "type");
    auto shape = read_shape(each);
    const auto data_type = type ? parse_data_type(*type) : std::nullopt;
    if (!name || !data_type || !shape) return std::nullopt;
    specs.push_back({*name, *data_type, *std::move(shape)});
  }
  return specs;
}

/// An output as a worker describes it.
struct Said {
  std::string name;
  DataType type;
  Shape shape;
  std::size_t offset;
  std::size_t size;
};

std::optional<Said> read_said(const Json& each) {
  if (!each.is_object()) return std::nullopt;
  auto name = read_text(each, "name");
  const auto type = read_text(each, "type");
  auto shape = read_shape(each);
  const auto data_type = type ? parse_data_type(*type) : std::nullopt;
  const auto offset = read_size(each, "offset");
  const auto size = read_size(each, "size");
  if (!name || !data_type || !shape || !offset || !size) return std::nullopt;
  return Said{*std::move(name), *data_type, *std::move(shape), *offset, *size};
}

std::optional<std::vector<Said>> read_all_said(const Json& message) {
  const auto found = message.find("outputs");
  if (found == message.end() || !found->is_array()) return std::nullopt;
  std::vector<Said> all;
  for (const Json& each : *found) {
    std::optional<Said> said = read_said(each);
    if (!said) return std::nullopt;
    all.push_back(*std::move(said));
  }
  return all;
}

bool has_its_bytes(const Tensor& tensor) {
  const std::optional<std::size_t> elements = element_count(tensor.shape());
  if (!elements) return false;
  if (tensor.type() == DataType::kBytes) return count_elements(tensor.bytes()) == *elements;
  const std::size_t element_bytes = size_bytes(tensor.type());
  return tensor.bytes().size() % element_bytes == 0 && tensor.bytes().size() / element_bytes == *elements;
}

/// Checked after it is copied: the worker could still write to what it shares.
Result<Tensor> read_output(const Said& said, const TensorSpec& spec, Bytes memory) {
  if (said.type != spec.type)
    return std::unexpected{inference_failed(fmt::format("output \"{}\" must be {}, got {}", spec.name,
                                                        to_string(spec.type), to_string(said.type)))};
  if (!fits(said.shape, spec.shape))
    return std::unexpected{
        inference_failed(fmt::format("output \"{}\" must have the shape {}, got {}", spec.name,
                                     to_string(spec.shape), to_string(said.shape)))};
  Tensor tensor = Tensor::owning(spec.name, spec.type, said.shape,
                                 Buffer::copy_of(memory.subspan(said.offset, said.size)));
  if (has_its_bytes(tensor)) return tensor;
  return std::unexpected{inference_failed(fmt::format("output \"{}\" of shape {} does not have {} bytes",
                                                      spec.name, to_string(said.shape), said.size))};
}

}  // namespace

Status inference_failed(const std::string& what) {
  return grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED", "Inference failed: " + what,
                          {{"hop", "server"}});
}

Json load_message(const ModelSource& source, const LoadOptions& options) {
  const ModelConfig& config = source.config;
  const std::filesystem::path folder = source.file.parent_path();
  return {{"op", "load"},
          {"file", source.file.string()},
          {"max_output_bytes", config.python.max_output_mb << 20U},
          {"config",
           {{"model", folder.parent_path().filename().string()},
            {"version", folder.filename().string()},
            {"folder", folder.string()},
            {"instances", options.instances},
            {"threads", options.threads},
            {"max_batch", config.batching.max_batch},
            {"inputs", specs_message(config.inputs)},
            {"outputs", specs_message(config.outputs)},
            {"parameters", config.python.parameters}}}};
}

Result<Json> run_message(const Tensors& inputs, bool streams, SharedMemory& memory) {
  Json list = Json::array();
  std::size_t end = 0;
  for (const Tensor& input : inputs) {
    list.push_back({{"offset", end}, {"size", input.bytes().size()}, {"shape", input.shape()}});
    end += (input.bytes().size() + kAlignment - 1) / kAlignment * kAlignment;
  }
  Result<MutableBytes> room = memory.reserve(end);
  if (!room) return std::unexpected{std::move(room).error()};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Bytes bytes = inputs[i].bytes();
    if (!bytes.empty())
      std::memcpy(room->data() + list[i]["offset"].get<std::size_t>(), bytes.data(), bytes.size());
  }
  return Json{{"op", "run"}, {"inputs", std::move(list)}, {"memory", memory.size()}, {"stream", streams}};
}

std::optional<ModelSays> read_loaded(const Json& message) {
  auto inputs = read_specs(message, "inputs");
  auto outputs = read_specs(message, "outputs");
  if (!inputs || !outputs) return std::nullopt;
  const auto streams = message.find("streams");
  return ModelSays{.signature = {.inputs = *std::move(inputs), .outputs = *std::move(outputs)},
                   .streams = streams != message.end() && streams->is_boolean() && streams->get<bool>()};
}

std::optional<Status> read_error(const Json& message) {
  const auto error = message.find("error");
  if (error == message.end() || !error->is_object()) return std::nullopt;
  std::string text = read_text(*error, "text").value_or("no reason given");
  if (text.size() > kLongestError)
    text = generation::Utf8Assembler().add(std::string_view{text}.substr(0, kLongestError));
  if (error->contains("memory"))
    return grpc::make_error(StatusCode::kResourceExhausted, "INFERENCE_OUT_OF_MEMORY",
                            "Insufficient memory for inference: " + text, {{"hop", "server"}});
  return inference_failed(text);
}

std::expected<Result<RunOutputs>, Nonsense> read_outputs(const Json& message,
                                                         const std::vector<TensorSpec>& outputs,
                                                         SharedMemory& memory, std::size_t most_bytes) try {
  const std::optional<std::vector<Said>> all = read_all_said(message);
  if (!all) return std::unexpected{Nonsense{"it said what is no answer"}};
  const Result<Bytes> contents = memory.contents(most_bytes);
  if (!contents) return Result<RunOutputs>{std::unexpected{contents.error()}};
  for (const Said& said : *all)
    if (said.offset > contents->size() || said.size > contents->size() - said.offset)
      return std::unexpected{Nonsense{"it named an output outside of its memory"}};
  RunOutputs made;
  for (const TensorSpec& spec : outputs) {
    const auto said = std::ranges::find(*all, spec.name, &Said::name);
    if (said == all->end())
      return Result<RunOutputs>{
          std::unexpected{inference_failed(fmt::format("output \"{}\" is missing", spec.name))}};
    Result<Tensor> tensor = read_output(*said, spec, *contents);
    if (!tensor) return Result<RunOutputs>{std::unexpected{std::move(tensor).error()}};
    made.copied_bytes += tensor->bytes().size();
    made.tensors.push_back(*std::move(tensor));
  }
  return Result<RunOutputs>{std::move(made)};
} catch (const std::bad_alloc&) {
  return Result<RunOutputs>{
      std::unexpected{grpc::make_error(StatusCode::kResourceExhausted, "INFERENCE_OUT_OF_MEMORY",
                                       "Insufficient memory for inference", {{"hop", "server"}})}};
}

}  // namespace parlance::models::python
