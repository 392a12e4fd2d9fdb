#include "models/warm_up.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <optional>
#include <set>

#include "models/file_text.h"
#include "models/load_failure.h"
#include "models/warm_up_decoder.h"

namespace parlance::models {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The first run does what the engine left undone at load; the shortest of the others is what a run takes. A
// slow model is not kept from service for more than two runs and this time, for each batch size.
constexpr int kWarmUpRuns = 16;
constexpr int kLeastWarmUpRuns = 2;
constexpr Duration kWarmUpTime = 200ms;

bool has_open_rows(const TensorSpec& spec) { return !spec.shape.empty() && spec.shape[0] == kAnyDimension; }

/// The shape of a batch of `rows`, other open dimensions being `open`.
Shape shape_of(const TensorSpec& spec, std::size_t rows, std::int64_t open) {
  Shape shape = spec.shape;
  if (has_open_rows(spec)) shape[0] = static_cast<std::int64_t>(rows);
  std::ranges::replace(shape, kAnyDimension, open);
  return shape;
}

std::optional<std::size_t> bytes_of(const TensorSpec& spec, const Shape& shape) {
  const std::optional<std::size_t> elements = element_count(shape);
  std::size_t bytes = 0;
  if (!elements || __builtin_mul_overflow(*elements, least_size_bytes(spec.type), &bytes))
    return std::nullopt;
  return bytes;
}

/// The bytes of one row, and the open dimension beside the rows that makes them one.
struct Row {
  std::string bytes;  // empty: zeros
  std::int64_t open = 1;
};

Result<Row> read_row(const TensorSpec& spec, const fs::path& folder, const std::string& name) {
  std::optional<std::string> bytes = read_file_text(folder / name);
  if (!bytes) return load_failure(fmt::format("{} cannot be read", name));
  Row row{*std::move(bytes), 1};
  const std::optional<std::size_t> least = bytes_of(spec, shape_of(spec, 1, 1));
  const auto open = std::ranges::count(spec.shape, kAnyDimension) - (has_open_rows(spec) ? 1 : 0);
  if (least && *least > 0 && open == 1 && row.bytes.size() % *least == 0)
    row.open = static_cast<std::int64_t>(row.bytes.size() / *least);
  if (row.bytes.empty() || bytes_of(spec, shape_of(spec, 1, row.open)) != row.bytes.size())
    return load_failure(
        fmt::format("{} has {} bytes, which are not one row of {}", name, row.bytes.size(), to_string(spec)));
  return row;
}

Result<Tensor> batch_of(const TensorSpec& spec, const Row& row, std::size_t rows) {
  Shape shape = shape_of(spec, rows, row.open);
  const std::optional<std::size_t> bytes = bytes_of(spec, shape);
  if (!bytes) return load_failure(fmt::format("input \"{}\" is too large", spec.name));
  Buffer buffer = Buffer::allocate(*bytes);
  if (*bytes > 0) {
    const MutableBytes target = buffer.writable();
    std::ranges::fill(target, std::byte{0});
    for (std::size_t at = 0; !row.bytes.empty() && at < *bytes; at += row.bytes.size())
      std::memcpy(target.data() + at, row.bytes.data(), row.bytes.size());
  }
  return Tensor::owning(spec.name, spec.type, std::move(shape), std::move(buffer));
}

Result<std::vector<Row>> read_rows(const LoadedVersion& loaded, const fs::path& folder) {
  const std::map<std::string, std::string>& files = loaded.config.warmup.input_files;
  for (const auto& [input, file] : files)
    if (std::ranges::find(loaded.model->signature().inputs, input, &TensorSpec::name) ==
        loaded.model->signature().inputs.end())
      return load_failure(fmt::format("there is no input \"{}\" for {}", input, file));
  std::vector<Row> rows;
  for (const TensorSpec& spec : loaded.model->signature().inputs) {
    const auto file = files.find(spec.name);
    Result<Row> row = file == files.end() ? Result<Row>{Row{}} : read_row(spec, folder, file->second);
    if (!row) return std::unexpected{std::move(row).error()};
    rows.push_back(*std::move(row));
  }
  return rows;
}

std::set<std::size_t> batch_sizes(const LoadedVersion& loaded) {
  const ModelConfig& config = loaded.config;
  std::set<std::size_t> sizes{1};
  if (std::ranges::none_of(loaded.model->signature().inputs, has_open_rows)) return sizes;
  if (!config.warmup.batch_sizes.empty())
    return {config.warmup.batch_sizes.begin(), config.warmup.batch_sizes.end()};
  sizes.insert(config.batching.preferred.begin(), config.batching.preferred.end());
  sizes.insert(config.batching.max_batch);
  return sizes;
}

Status run_once(LoadedModel& model, const Tensors& inputs) {
  std::promise<Status> finished;
  std::future<Status> status = finished.get_future();
  // The promise is moved along: who waits may be gone before set_value() has returned.
  model.run(inputs, [finished = std::move(finished)](Result<RunOutputs> result) mutable {
    finished.set_value(result ? Status{} : std::move(result).error());
  });
  return status.get();
}

Result<Duration> shortest_run(LoadedModel& model, const Tensors& inputs) {
  const TimePoint began = Clock::now();
  Duration shortest = Duration::max();
  for (int run = 0; run < kWarmUpRuns; ++run) {
    const TimePoint before = Clock::now();
    if (run >= kLeastWarmUpRuns && before - began > kWarmUpTime) break;
    if (Status status = run_once(model, inputs); !status.ok()) return std::unexpected{std::move(status)};
    if (run > 0) shortest = std::min(shortest, Clock::now() - before);
  }
  return shortest;
}

bool runs_on_loop(const LoadedVersion& loaded, Duration limit) {
  if (loaded.model->is_own_code()) return false;
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

Status warm_up(LoadedVersion& loaded, const fs::path& folder, Duration loop_run_limit) {
  if (generation::StepEngine* decoder = loaded.model->decoder()) {
    const Result<Duration> shortest = warm_up_decoder(*decoder);
    if (!shortest) return shortest.error();
    loaded.typical_run = *shortest;
    loaded.run_times.push_back({1, *shortest});
    return {};
  }
  const Result<std::vector<Row>> rows = read_rows(loaded, folder);
  if (!rows) return rows.error();
  for (const std::size_t size : batch_sizes(loaded)) {
    Tensors inputs;
    for (std::size_t i = 0; i < rows->size(); ++i) {
      Result<Tensor> input = batch_of(loaded.model->signature().inputs[i], (*rows)[i], size);
      if (!input) return input.error();
      inputs.push_back(*std::move(input));
    }
    const Result<Duration> shortest = shortest_run(*loaded.model, inputs);
    if (!shortest && loaded.model->is_own_code() && loaded.config.warmup == WarmupConfig{}) return {};
    if (!shortest) return shortest.error();
    loaded.run_times.push_back({size, *shortest});
  }
  loaded.typical_run = loaded.run_times.front().shortest;
  loaded.runs_on_loop = runs_on_loop(loaded, loop_run_limit);
  return {};
}

}  // namespace parlance::models
