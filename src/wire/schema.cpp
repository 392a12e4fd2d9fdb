#include "wire/schema.h"

#include <algorithm>

namespace parlance::wire {

const FieldSchema* Schema::find(std::uint32_t number) const {
  const auto at = std::ranges::lower_bound(fields, number, {}, &FieldSchema::number);
  return at != fields.end() && at->number == number ? &*at : nullptr;
}

}  // namespace parlance::wire
