#include "models/backends/openvino/openvino_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <openvino/frontend/manager.hpp>
#include <openvino/openvino.hpp>

#include "models/backends/openvino/conversion.h"
#include "models/backends/openvino/loaded_model.h"

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
    Reader{".pb", "tf"},     Reader{".pdmodel", "paddle"},
};
constexpr auto kExtensions = [] {
  std::array<std::string_view, kReaders.size()> extensions;
  std::ranges::transform(kReaders, extensions.begin(), &Reader::extension);
  return extensions;
}();

std::shared_ptr<ov::Model> read(const std::filesystem::path& file, const char* frontend_name) {
  ov::frontend::FrontEndManager manager;
  const ov::frontend::FrontEnd::Ptr frontend = manager.load_by_framework(frontend_name);
  return frontend->convert(frontend->load(file.string()));
}

/// One stream a concurrent run, one thread a stream: the loops and workers that call are the parallelism.
ov::AnyMap compile_options(const LoadOptions& options) {
  return {
      ov::num_streams(static_cast<std::int32_t>(options.threads)),
      ov::inference_num_threads(static_cast<std::int32_t>(options.threads)),
      ov::hint::inference_precision(ov::element::f32),
      ov::hint::enable_cpu_pinning(false),
  };
}

}  // namespace

struct OpenVinoBackend::Engine {
  ov::Core core;
};

OpenVinoBackend::OpenVinoBackend() {
#ifdef __SANITIZE_ADDRESS__
  // The engine's TBB loads a library of its own with RTLD_DEEPBIND, at which AddressSanitizer ends the
  // program.
  setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
  engine_ = std::make_unique<Engine>();
}
OpenVinoBackend::~OpenVinoBackend() = default;

std::span<const std::string_view> OpenVinoBackend::extensions() const { return kExtensions; }

Result<std::unique_ptr<LoadedModel>> OpenVinoBackend::load(const std::filesystem::path& file,
                                                           const LoadOptions& options) {
  const auto failed = [&](std::string_view why) {
    return std::unexpected{
        Status{StatusCode::kFailedPrecondition, fmt::format("{}: {}", file.filename().string(), why)}};
  };
  const auto reader = std::ranges::find(kReaders, file.extension().string(), &Reader::extension);
  if (reader == kReaders.end()) return failed("OpenVINO reads no files of this kind");
  std::error_code error;
  const std::uintmax_t size_bytes = std::filesystem::file_size(file, error);
  if (error) return failed(error.message());
  if (size_bytes == 0) return failed("the file is empty");

  try {
    ov::CompiledModel compiled =
        engine_->core.compile_model(read(file, reader->frontend), "CPU", compile_options(options));
    Result<Signature> signature = openvino::to_signature(compiled);
    if (!signature) return failed(signature.error().message());
    return std::make_unique<openvino::OpenVinoModel>(std::move(compiled), *std::move(signature));
  } catch (const std::exception& exception) {
    return failed(openvino::plain_reason(exception.what()));
  }
}

}  // namespace parlance::models
