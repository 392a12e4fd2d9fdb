#include "rpc/method_memory.h"

#include <cstdint>

#include "rpc/channel_core.h"

namespace parlance::detail {

MethodMemory::Place& MethodMemory::place_of(std::string_view path) {
  const auto address = reinterpret_cast<std::uintptr_t>(path.data());
  return places_[(address >> 4 ^ address >> 9) % places_.size()];
}

const ClientMethod* MethodMemory::find(ChannelCore& core, std::string_view path) {
  Place& place = place_of(path);
  if (place.method != nullptr && place.text.data() == path.data() && place.method->path() == path)
    return place.method;
  const ClientMethod* method = core.find_method(path);
  if (method != nullptr) place = {path, method};
  return method;
}

const MethodConfig& MethodMemory::config(const ClientMethod& method, const ServiceConfig& service_config) {
  if (method.index() == ClientMethod::kNoIndex) return service_config.method(method.path());
  if (method.index() >= configs_.size()) configs_.resize(method.index() + 1);
  const MethodConfig*& config = configs_[method.index()];
  if (config == nullptr) config = &service_config.method(method.path());
  return *config;
}

}  // namespace parlance::detail
