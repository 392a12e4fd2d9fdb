// Generated views beside libprotobuf on arbitrary bytes: both accept them or neither does; what a view gives
// is what libprotobuf read; and what is written of it is what libprotobuf writes.
#include <google/protobuf/stubs/logging.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "everything_fields.h"
#include "everything_message.h"
#include "wire/parsed.h"

namespace {

using namespace parlance;
using namespace parlance::testing_views;

void check(Bytes bytes) {
  testing::Everything message;
  const bool accepted = message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  wire::Parsed<testing::EverythingView> view;
  const wire::Fault fault = view.parse(bytes);
  require((fault.why == nullptr) == accepted, "accepted by one only");
  if (!accepted) {
    require(!wire::to_string(fault).empty() && fault.offset_bytes <= bytes.size(), "a fault without a place");
    return;
  }
  const std::string theirs = deterministic_bytes(message);

  testing::Everything read;
  to_message(*view, read);
  require(deterministic_bytes(read) == theirs, "read otherwise");

  // Unknown numbers may be longer than needed, so what is written is compared as it is read.
  Storage storage;
  const Buffer written = wire::to_bytes(fields_of(*view, storage));
  testing::Everything again;
  require(again.ParseFromArray(written.data(), static_cast<int>(written.size())), "written is not read");
  require(deterministic_bytes(again) == theirs, "written otherwise");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const bool kQuiet = (google::protobuf::SetLogHandler(nullptr), true);
  check({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
