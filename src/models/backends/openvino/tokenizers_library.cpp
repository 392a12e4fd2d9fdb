#include "models/backends/openvino/tokenizers_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>

namespace parlance::models::openvino {

Result<std::filesystem::path> find_tokenizers_library(const std::filesystem::path& engine) {
  constexpr const char* kName = "libopenvino_tokenizers.so";
  const std::filesystem::path folder = engine.parent_path();  // .../openvino/libs in a wheel
  const std::array places{folder / kName,
                          folder.parent_path().parent_path() / "openvino_tokenizers" / "lib" / kName};
  std::error_code error;
  for (const std::filesystem::path& place : places)
    if (std::filesystem::is_regular_file(place, error)) return place;
  return std::unexpected{Status{
      StatusCode::kFailedPrecondition,
      fmt::format("{} is missing, without which OpenVINO has no tokenizers: neither {} nor {} is there; "
                  "the package openvino-tokenizers has it",
                  kName, places[0].string(), places[1].string())}};
}

std::filesystem::path engine_library() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&ov::get_openvino_version), &info) == 0) return {};
  return std::filesystem::absolute(info.dli_fname);
}

void add_tokenizers(ov::Core& core, const std::filesystem::path& library) {
  core.add_extension(library.string());
  if (void* const loaded = dlopen(library.c_str(), RTLD_NOW | RTLD_NODELETE)) dlclose(loaded);
}

}  // namespace parlance::models::openvino
