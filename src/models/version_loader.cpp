#include "models/version_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "models/load_failure.h"

namespace parlance::models {
namespace {

namespace fs = std::filesystem;

/// The file in `folder` that makes it one of a certain engine, the one that an engine reads, or among several
/// the one called "model". `named` is the engine that the configuration asks for, if any.
Result<fs::path> find_model_file(const fs::path& folder, std::string_view named,
                                 const BackendRegistry& backends) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entries{folder, error}; !error && entries != fs::directory_iterator{};
       entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    if (backends.owner_of(name) != nullptr) {
      // What else lies there is the owner's to use; another engine that was named by hand does not see it.
      if (named.empty() || backends.owner_of(name)->name() == named) return entries->path();
      continue;
    }
    const Backend* backend = name.starts_with('.') ? nullptr : backends.find_for(entries->path());
    if (backend != nullptr && std::ranges::find(backend->side_files(), name) == backend->side_files().end())
      files.push_back(entries->path());
  }
  if (error) return load_failure(fmt::format("the version's folder cannot be read: {}", error.message()));
  if (files.empty()) return load_failure("no model file in the version's folder");
  if (files.size() > 1) {
    std::erase_if(files, [](const fs::path& file) { return file.stem() != "model"; });
    if (files.size() != 1)
      return load_failure("several model files in the version's folder: name one as \"file\" in model.yaml");
  }
  return files.front();
}

Result<Backend*> find_backend(const ModelConfig& config, const fs::path& file,
                              const BackendRegistry& backends) {
  if (!config.backend.empty()) {
    if (Backend* backend = backends.find(config.backend)) return backend;
    return load_failure(
        fmt::format("there is no backend \"{}\" (known: {})", config.backend, backends.names()));
  }
  if (Backend* backend = backends.find_for(file)) return backend;
  return load_failure(fmt::format("no backend reads {}", file.filename().string()));
}

Status read_labels_of(const FoundVersion& found, LoadedVersion& loaded) {
  const std::string& name = loaded.config.labels;
  if (name.empty()) return {};
  fs::path file = found.folder / name;
  if (!fs::exists(file)) file = found.folder.parent_path() / name;
  Result<Labels> labels = read_labels(file);
  if (!labels) return labels.error();
  loaded.labels = *std::move(labels);

  const std::vector<TensorSpec>& outputs = loaded.signature.outputs;
  const std::int64_t classes =
      outputs.empty() || outputs[0].shape.empty() ? kAnyDimension : outputs[0].shape.back();
  if (classes != static_cast<std::int64_t>(loaded.labels.size()))
    return {StatusCode::kFailedPrecondition,
            fmt::format("{} has {} labels, the first output has {}", name, loaded.labels.size(),
                        classes == kAnyDimension ? "no fixed number of classes"
                                                 : std::to_string(classes) + " classes")};
  return {};
}

Status find_transform_of(LoadedVersion& loaded) {
  const std::string& name = loaded.config.raw_input.transform;
  if (name.empty()) return {};
  loaded.transform = find_transform(name);
  if (loaded.transform == nullptr)
    return {StatusCode::kFailedPrecondition, fmt::format("there is no transform \"{}\"", name)};
  return loaded.transform->check(loaded.signature);
}

Status check_config(const LoadedVersion& loaded) {
  if (!loaded.config.inputs.empty()) {
    Status status = check_declared(loaded.config.inputs, loaded.signature.inputs, "input");
    if (!status.ok()) return status;
  }
  if (!loaded.config.outputs.empty())
    return check_declared(loaded.config.outputs, loaded.signature.outputs, "output");
  return {};
}

/// A batch is cut and put together along the first dimension of everything.
Status check_batching(const LoadedVersion& loaded) {
  if (loaded.config.batching.max_batch == 1) return {};
  const auto fixed = [](const std::vector<TensorSpec>& specs) {
    return std::ranges::find_if(
        specs, [](const TensorSpec& spec) { return spec.shape.empty() || spec.shape[0] != kAnyDimension; });
  };
  for (const auto& specs : {loaded.signature.inputs, loaded.signature.outputs})
    if (const auto spec = fixed(specs); spec != specs.end())
      return {StatusCode::kFailedPrecondition,
              fmt::format("requests cannot be batched: {} has no open first dimension", to_string(*spec))};
  return {};
}

Status check_sequence(const LoadedVersion& loaded) {
  const auto find = [](const std::vector<TensorSpec>& specs, const std::string& name) {
    return std::ranges::find(specs, name, &TensorSpec::name);
  };
  for (const SequenceConfig::State& state : loaded.config.sequence.states) {
    const auto input = find(loaded.signature.inputs, state.input);
    const auto output = find(loaded.signature.outputs, state.output);
    if (input == loaded.signature.inputs.end() || output == loaded.signature.outputs.end())
      return {StatusCode::kFailedPrecondition,
              fmt::format("the state from output \"{}\" to input \"{}\" names what the model does not have",
                          state.output, state.input)};
    if (input->type != output->type)
      return {StatusCode::kFailedPrecondition,
              fmt::format("the state from output {} to input {} changes its type", to_string(*output),
                          to_string(*input))};
  }
  return {};
}

/// Callers neither give nor get what goes from one run of a sequence to the next.
void hide_states(LoadedVersion& loaded) {
  for (const SequenceConfig::State& state : loaded.config.sequence.states) {
    std::erase_if(loaded.signature.inputs, [&](const TensorSpec& spec) { return spec.name == state.input; });
    std::erase_if(loaded.signature.outputs,
                  [&](const TensorSpec& spec) { return spec.name == state.output; });
  }
}

Status check_generation(const LoadedVersion& loaded) {
  if (!loaded.config.generation || loaded.model->decoder() != nullptr) return {};
  return {StatusCode::kFailedPrecondition,
          "the configuration has \"generation\", but the version makes no text: that takes a decoder with a "
          "state, a tokenizer and a detokenizer"};
}

LoadOptions load_options(const ModelConfig& config, const LoadOptions& defaults, const Backend& backend) {
  return {.instances = config.instances.count > 0 ? config.instances.count
                                                  : backend.usual_instances(defaults.instances),
          .threads = config.instances.threads,
          .stop = defaults.stop};
}

/// The file to load and what loads it; an engine that needs no file gets the version's folder.
struct Source {
  Backend* backend;
  fs::path file;
};

Result<Source> find_source(const FoundVersion& found, const ModelConfig& config,
                           const BackendRegistry& backends) {
  Backend* named = config.backend.empty() ? nullptr : backends.find(config.backend);
  if (named != nullptr && named->extensions().empty()) return Source{named, found.folder};
  Result<fs::path> file = config.file.empty() ? find_model_file(found.folder, config.backend, backends)
                                              : Result<fs::path>{found.folder / config.file};
  if (!file) return std::unexpected{std::move(file).error()};
  const Result<Backend*> backend = find_backend(config, *file, backends);
  if (!backend) return std::unexpected{backend.error()};
  return Source{*backend, *std::move(file)};
}

}  // namespace

Result<std::unique_ptr<LoadedVersion>> load_version(const FoundVersion& found, const ModelConfig& config,
                                                    const BackendRegistry& backends,
                                                    const VersionLoaderOptions& options) {
  const Result<Source> source = find_source(found, config, backends);
  if (!source) return std::unexpected{source.error()};
  const LoadOptions load = load_options(config, options.backend, *source->backend);
  Result<std::unique_ptr<LoadedModel>> model =
      source->backend->load({.file = source->file, .config = config}, load);
  if (!model) return std::unexpected{std::move(model).error()};

  auto loaded = std::make_unique<LoadedVersion>();
  loaded->model = *std::move(model);
  loaded->signature = loaded->model->signature();
  loaded->instances = load.instances;
  loaded->config = config;
  loaded->config.backend = source->backend->name();
  for (Status status : {check_config(*loaded), check_generation(*loaded), check_batching(*loaded),
                        check_sequence(*loaded), read_labels_of(found, *loaded), find_transform_of(*loaded)})
    if (!status.ok()) return std::unexpected{std::move(status)};
  hide_states(*loaded);
  return loaded;
}

}  // namespace parlance::models
