#include "models/transform.h"

#include "models/transforms/magika.h"

namespace parlance::models {

const InputTransform* find_transform(std::string_view name) {
  static const MagikaTransform magika;
  return name == magika.name() ? &magika : nullptr;
}

}  // namespace parlance::models
