#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/status.h"

namespace parlance::dialects::torchserve {

/// What a url of RegisterModel names.
struct ModelUrl {
  std::string model;
  std::int64_t version = 0;       // 0: those that the model's own policy asks for
  std::filesystem::path archive;  // a file; model and version are what it becomes
};

/// A model of the repository `store`: "noop", "noop/2"; an archive that lies in it, "noop.mar"; the model of
/// that name where there is no such archive. Each also below the folder's own path ("file:///store/noop").
///
/// BadRequestException without a url; ModelNotFoundException for a url that is somewhere else, is remote or
/// has "..".
Result<ModelUrl> parse_model_url(const std::filesystem::path& store, std::string_view url);

}  // namespace parlance::dialects::torchserve
