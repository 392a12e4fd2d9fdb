#include "models/backend_registry.h"

#include <algorithm>

namespace parlance::models {

void BackendRegistry::add(std::unique_ptr<Backend> backend) { backends_.push_back(std::move(backend)); }

Backend* BackendRegistry::find(std::string_view name) const {
  for (const auto& backend : backends_)
    if (backend->name() == name) return backend.get();
  return nullptr;
}

Backend* BackendRegistry::owner_of(std::string_view name) const {
  for (const auto& backend : backends_)
    if (std::ranges::find(backend->own_files(), name) != backend->own_files().end()) return backend.get();
  return nullptr;
}

Backend* BackendRegistry::find_for(const std::filesystem::path& file) const {
  if (Backend* owner = owner_of(file.filename().string())) return owner;
  const std::string extension = file.extension().string();
  for (const auto& backend : backends_)
    if (std::ranges::find(backend->extensions(), extension) != backend->extensions().end())
      return backend.get();
  return nullptr;
}

std::string BackendRegistry::names() const {
  std::string text;
  for (const auto& backend : backends_) {
    if (!text.empty()) text += ", ";
    text += backend->name();
  }
  return text;
}

}  // namespace parlance::models
