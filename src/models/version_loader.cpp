#include "models/version_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <future>

namespace parlance::models {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The first run does what the engine left undone at load; the shortest of the others is what a run takes. A
// slow model is not kept from service for more than two runs and this time.
constexpr int kWarmUpRuns = 16;
constexpr int kLeastWarmUpRuns = 2;
constexpr Duration kWarmUpTime = 200ms;

std::unexpected<Status> failure(std::string message) {
  return std::unexpected{Status{StatusCode::kFailedPrecondition, std::move(message)}};
}

/// The one file in `folder` that an engine reads, or among several the one called "model".
Result<fs::path> find_model_file(const fs::path& folder, const BackendRegistry& backends) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entries{folder, error}; !error && entries != fs::directory_iterator{};
       entries.increment(error)) {
    const bool hidden = entries->path().filename().string().starts_with('.');
    if (!hidden && backends.find_for(entries->path()) != nullptr) files.push_back(entries->path());
  }
  if (error) return failure(fmt::format("the version's folder cannot be read: {}", error.message()));
  if (files.empty()) return failure("no model file in the version's folder");
  if (files.size() > 1) {
    std::erase_if(files, [](const fs::path& file) { return file.stem() != "model"; });
    if (files.size() != 1)
      return failure("several model files in the version's folder: name one as \"file\" in model.yaml");
  }
  return files.front();
}

Result<Backend*> find_backend(const ModelConfig& config, const fs::path& file,
                              const BackendRegistry& backends) {
  if (!config.backend.empty()) {
    if (Backend* backend = backends.find(config.backend)) return backend;
    return failure(fmt::format("there is no backend \"{}\" (known: {})", config.backend, backends.names()));
  }
  if (Backend* backend = backends.find_for(file)) return backend;
  return failure(fmt::format("no backend reads {}", file.filename().string()));
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

Result<Tensors> zeros(const Signature& signature) {
  Tensors tensors;
  for (const TensorSpec& spec : signature.inputs) {
    Shape shape = spec.shape;
    std::ranges::replace(shape, kAnyDimension, std::int64_t{1});
    const std::optional<std::size_t> elements = element_count(shape);
    if (!elements) return failure(fmt::format("input \"{}\" is too large", spec.name));
    Buffer buffer = Buffer::allocate(*elements * size_bytes(spec.type));
    std::ranges::fill(buffer.writable(), std::byte{0});
    tensors.push_back(Tensor::owning(spec.name, spec.type, std::move(shape), std::move(buffer)));
  }
  return tensors;
}

Status run_once(LoadedModel& model, const Tensors& inputs) {
  std::promise<Status> finished;
  model.run(inputs, [&](Result<RunOutputs> result) {
    finished.set_value(result ? Status{} : std::move(result).error());
  });
  return finished.get_future().get();
}

bool runs_on_loop(const LoadedVersion& loaded, Duration limit) {
  switch (loaded.config.run) {
    case RunPlace::kLoop:
      return true;
    case RunPlace::kWorker:
      return false;
    case RunPlace::kMeasured:
      break;
  }
  return loaded.typical_run <= limit;
}

}  // namespace

Result<std::unique_ptr<LoadedVersion>> load_version(const FoundVersion& found, const ModelConfig& config,
                                                    const BackendRegistry& backends,
                                                    const VersionLoaderOptions& options) {
  Result<fs::path> file = config.file.empty() ? find_model_file(found.folder, backends)
                                              : Result<fs::path>{found.folder / config.file};
  if (!file) return std::unexpected{std::move(file).error()};
  const Result<Backend*> backend = find_backend(config, *file, backends);
  if (!backend) return std::unexpected{backend.error()};
  Result<std::unique_ptr<LoadedModel>> model =
      (*backend)->load({.file = *file, .config = config}, options.backend);
  if (!model) return std::unexpected{std::move(model).error()};

  auto loaded = std::make_unique<LoadedVersion>();
  loaded->model = *std::move(model);
  loaded->signature = loaded->model->signature();
  loaded->instances = options.backend.instances;
  loaded->config = config;
  loaded->config.backend = (*backend)->name();
  if (Status status = check_config(*loaded); !status.ok()) return std::unexpected{std::move(status)};
  if (Status status = read_labels_of(found, *loaded); !status.ok()) return std::unexpected{std::move(status)};
  if (Status status = find_transform_of(*loaded); !status.ok()) return std::unexpected{std::move(status)};
  return loaded;
}

Status warm_up(LoadedVersion& loaded, const VersionLoaderOptions& options) {
  const Result<Tensors> inputs = zeros(loaded.signature);
  if (!inputs) return inputs.error();
  const TimePoint began = Clock::now();
  Duration shortest = Duration::max();
  for (int run = 0; run < kWarmUpRuns; ++run) {
    const TimePoint before = Clock::now();
    if (run >= kLeastWarmUpRuns && before - began > kWarmUpTime) break;
    if (Status status = run_once(*loaded.model, *inputs); !status.ok()) return status;
    if (run > 0) shortest = std::min(shortest, Clock::now() - before);
  }
  loaded.typical_run = shortest;
  loaded.runs_on_loop = runs_on_loop(loaded, options.loop_run_limit);
  return {};
}

}  // namespace parlance::models
