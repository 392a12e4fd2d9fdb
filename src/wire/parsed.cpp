#include "wire/parsed.h"

namespace parlance::wire {

std::string to_string(const Fault& fault) {
  const std::string type{fault.schema == nullptr ? "message" : fault.schema->name};
  const std::string place = " at byte " + std::to_string(fault.offset_bytes);
  if (fault.tag == 0) return type + place + " " + fault.why;
  const FieldSchema* field = fault.schema->find(number_of(fault.tag));
  const std::string name = field == nullptr ? std::string{} : " (" + std::string{field->name} + ")";
  return "field " + std::to_string(number_of(fault.tag)) + name + " of " + type + place + " " + fault.why;
}

}  // namespace parlance::wire
