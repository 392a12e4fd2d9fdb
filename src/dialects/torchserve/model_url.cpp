#include "dialects/torchserve/model_url.h"

#include <charconv>
#include <system_error>

#include "base/concat.h"
#include "dialects/torchserve/exceptions.h"

namespace parlance::dialects::torchserve {
namespace {

namespace fs = std::filesystem;

std::unexpected<Status> not_found(std::string_view text) {
  return std::unexpected{thrown(Exception::kModelNotFound, text)};
}

std::unexpected<Status> nothing_at(std::string_view url) {
  return not_found(concat("Model not found at: ", url));
}

// The file that `url` names within the store, as a relative path; empty: it lies elsewhere.
fs::path within(const fs::path& store, std::string_view url) {
  constexpr std::string_view kFile = "file://";
  const fs::path path = url.starts_with(kFile) ? url.substr(kFile.size()) : url;
  if (!path.is_absolute()) return path;
  std::error_code error;
  for (const fs::path& folder :
       {fs::absolute(store, error).lexically_normal(), fs::canonical(store, error)}) {
    fs::path below = path.lexically_normal().lexically_relative(folder);
    if (!below.empty() && *below.begin() != "..") return below;
  }
  return {};
}

bool is_remote(std::string_view url) {
  return url.find("://") != std::string_view::npos && !url.starts_with("file://");
}

}  // namespace

Result<ModelUrl> parse_model_url(const fs::path& store, std::string_view url) {
  if (url.empty()) return std::unexpected{thrown(Exception::kBadRequest, "Parameter url is required.")};
  if (url.contains('\0')) return nothing_at(url.substr(0, url.find('\0')));
  if (url.find("..") != std::string_view::npos)
    return not_found(concat("Relative path is not allowed in url: ", url));
  if (is_remote(url))
    return not_found(
        concat("Given URL ", url,
               " does not match any allowed URL(s): models come from the repository that `parlance "
               "serve` was given; put it there and register it by its name"));
  fs::path path = within(store, url);
  if (!path.has_filename()) path = path.parent_path();
  if (path.empty()) return nothing_at(url);
  if (path.extension() == ".mar") {
    std::error_code error;
    if (fs::is_regular_file(store / path, error)) return ModelUrl{.archive = store / path};
    path.replace_extension();
  }
  ModelUrl named{.model = path.begin()->string()};
  if (path == named.model) return named;
  const std::string number = path.lexically_relative(named.model).string();
  const char* end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, named.version);
  if (error != std::errc{} || rest != end || named.version <= 0) return nothing_at(url);
  return named;
}

}  // namespace parlance::dialects::torchserve
