#include "models/backends/openvino/openvino_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/openvino.hpp>
#include <stdexcept>

#include "models/backends/openvino/conversion.h"
#include "models/backends/openvino/core.h"
#include "models/backends/openvino/loaded_model.h"
#include "models/backends/openvino/text_model.h"
#include "models/backends/openvino/text_tokenizer.h"

namespace parlance::models {
namespace {

/// The reader of each kind of file. It is chosen by the ending and not, as the engine would, by asking every
/// reader in turn: those print to stderr about files that are not theirs.
struct Reader {
  std::string_view extension;
  const char* frontend;
};
constexpr std::array kReaders{
    Reader{".onnx", "onnx"}, Reader{".xml", "ir"},         Reader{".tflite", "tflite"},
    Reader{".pb", "tf"},     Reader{".pdmodel", "paddle"}, Reader{".savedmodel", "tf"},
};
constexpr auto kExtensions = [] {
  std::array<std::string_view, kReaders.size()> extensions;
  std::ranges::transform(kReaders, extensions.begin(), &Reader::extension);
  return extensions;
}();

/// TensorFlow's SavedModel: a folder with this file, as TensorFlow Serving has it in a version's folder and
/// Triton in `model.savedmodel` there.
constexpr std::string_view kSavedModelFile = "saved_model.pb";

constexpr std::array<std::string_view, 4> kSideFiles{kTokenizerFile, kDetokenizerFile, "fingerprint.pb",
                                                     "keras_metadata.pb"};

/// Texts are cut into tokens at the same time by so many threads at most: each has a copy of the tables, and
/// a short text takes a fifth of a millisecond.
constexpr unsigned kMostEncoders = 4;

/// Null when there is none beside the model.
Result<std::unique_ptr<Tokenizer>> tokenizer_beside(const std::filesystem::path& file,
                                                    const LoadOptions& options) {
  const std::filesystem::path folder = file.parent_path();
  if (std::error_code error; !std::filesystem::is_regular_file(folder / kTokenizerFile, error))
    return nullptr;
  return load_tokenizer(folder, {.threads = std::min(options.instances * options.threads, kMostEncoders)});
}

bool is_saved_model(const std::filesystem::path& file) {
  return file.filename() == kSavedModelFile || file.extension() == ".savedmodel";
}

std::shared_ptr<ov::Model> read(const std::filesystem::path& file, const char* frontend_name) {
  ov::frontend::FrontEndManager manager;
  const ov::frontend::FrontEnd::Ptr frontend = manager.load_by_framework(frontend_name);
  const std::filesystem::path& from = file.filename() == kSavedModelFile ? file.parent_path() : file;
  std::shared_ptr<ov::Model> model = frontend->convert(frontend->load(from.string()));
  // The reader loses the inputs of some SavedModels with several signatures, and would answer for zeros.
  if (is_saved_model(file) && model->inputs().empty()) throw std::runtime_error{"no inputs were found in it"};
  return model;
}

/// Models with at most so many bytes of weights are compiled once for each thread and run on the caller's:
/// where the engine has streams it hands every run to a thread of its own, two wake-ups that cost more than a
/// small model's run. Larger models share their weights between streams instead.
constexpr std::size_t kCopiedWeightsBytes = 1024 * 1024;

std::size_t weight_bytes(const ov::Model& model) {
  std::size_t bytes = 0;
  for (const auto& node : model.get_ops()) {
    const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(node);
    if (constant != nullptr) bytes += constant->get_byte_size();
  }
  return bytes;
}

/// No streams: runs are made on the caller's thread. FP32, so that every machine gives the same answer; left
/// to itself the engine takes BF16 where it believes the processor has it, and on some virtual machines ends
/// the program with an illegal instruction.
ov::AnyMap compile_options(unsigned streams, unsigned threads_per_stream) {
  return {
      ov::num_streams(static_cast<std::int32_t>(streams)),
      ov::inference_num_threads(static_cast<std::int32_t>(std::max(streams, 1U) * threads_per_stream)),
      ov::hint::inference_precision(ov::element::f32),
      ov::hint::enable_cpu_pinning(false),
  };
}

openvino::Compiled compile(ov::Core& core, const std::shared_ptr<ov::Model>& model,
                           const LoadOptions& options) {
  const bool small = weight_bytes(*model) <= kCopiedWeightsBytes;
  openvino::Compiled compiled{.on_caller = small && options.threads == 1, .copies = {}};
  const unsigned copies = compiled.on_caller ? options.instances : 1;
  const ov::AnyMap engine_options =
      compiled.on_caller ? compile_options(0, 1) : compile_options(options.instances, options.threads);
  for (unsigned i = 0; i < copies; ++i)
    compiled.copies.push_back(core.compile_model(model, "CPU", engine_options));
  return compiled;
}

}  // namespace

struct OpenVinoBackend::Engine {
  ov::Core core = openvino::new_core();
};

OpenVinoBackend::OpenVinoBackend() : engine_(std::make_shared<Engine>()) {}
OpenVinoBackend::~OpenVinoBackend() = default;

std::span<const std::string_view> OpenVinoBackend::extensions() const { return kExtensions; }

std::span<const std::string_view> OpenVinoBackend::side_files() const { return kSideFiles; }

Result<std::unique_ptr<LoadedModel>> OpenVinoBackend::load(const ModelSource& source,
                                                           const LoadOptions& options) {
  const std::filesystem::path& file = source.file;
  const auto failed = [&](std::string_view why) {
    const char* advice =
        is_saved_model(file) ? "; tf2onnx may make it ONNX (docs/from-tensorflow-serving.md)" : "";
    return std::unexpected{Status{StatusCode::kFailedPrecondition,
                                  fmt::format("{}: {}{}", file.filename().string(), why, advice)}};
  };
  const auto reader = std::ranges::find(kReaders, file.extension().string(), &Reader::extension);
  if (reader == kReaders.end()) return failed("OpenVINO reads no files of this kind");
  std::error_code error;
  const bool folder = std::filesystem::is_directory(file, error);
  const std::uintmax_t size_bytes = folder ? 1 : std::filesystem::file_size(file, error);
  if (error) return failed(error.message());
  if (size_bytes == 0) return failed("the file is empty");

  Result<std::unique_ptr<Tokenizer>> tokenizer = tokenizer_beside(file, options);
  if (!tokenizer) return std::unexpected{tokenizer.error()};
  const bool has_text = *tokenizer != nullptr && (*tokenizer)->vocabulary() > 0;
  try {
    const std::shared_ptr<ov::Model> model = read(file, reader->frontend);
    if (has_text && openvino::is_stateful_decoder(*model))
      return openvino::load_text_model(file, *std::move(tokenizer),
                                       source.config.generation.value_or(GenerationConfig{}),
                                       options.instances * options.threads);
    const auto compile_for = [engine = engine_, model, threads = options.threads](unsigned instances) {
      return compile(engine->core, model, {.instances = instances, .threads = threads});
    };
    openvino::Compiled compiled = compile_for(options.instances);
    Result<Signature> signature = openvino::to_signature(compiled.copies.front());
    if (!signature) return failed(signature.error().message());
    return std::make_unique<openvino::OpenVinoModel>(std::move(compiled), compile_for, *std::move(signature),
                                                     *std::move(tokenizer));
  } catch (const std::exception& exception) {
    return failed(openvino::plain_reason(exception.what()));
  }
}

}  // namespace parlance::models
