// The readers of src/grpc on arbitrary bytes. Each property must hold for every input: a message stream gives
// the same messages however it is cut, and whatever a reader accepts comes back the same from the writer.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/message_reader.h"
#include "grpc/metadata.h"
#include "grpc/status_wire.h"
#include "grpc/timeout.h"

namespace {

using namespace parlance;
using namespace parlance::grpc;

constexpr std::size_t kFuzzMessageLimitBytes = 64 * 1024;

struct Outcome {
  std::vector<std::string> messages;
  Status end;
  bool operator==(const Outcome&) const = default;
};

// `step` 0: all in one feed; otherwise pieces of 1 to `step` bytes.
Outcome read_messages(std::string_view stream, std::size_t step) {
  MessageReader reader{kFuzzMessageLimitBytes, true};
  for (std::size_t cut = 1; !stream.empty(); cut = cut % (step + 1) + 1) {
    const std::size_t size = step == 0 ? stream.size() : std::min(cut, stream.size());
    if (!reader.feed(as_bytes(stream.substr(0, size))).ok()) break;
    stream.remove_prefix(size);
  }
  Outcome outcome{.messages = {}, .end = reader.finish()};
  while (const auto message = reader.next()) {
    outcome.messages.push_back((message->compressed ? "1" : "0") + std::string{message->payload.text()});
  }
  return outcome;
}

void fuzz_messages(std::string_view input) {
  const Outcome whole = read_messages(input, 0);
  require(whole == read_messages(input, 1), "cut into bytes");
  require(whole == read_messages(input, 7), "cut into small pieces");
}

void fuzz_timeout(std::string_view input) {
  (void)parse_content_type(input);
  const auto timeout = parse_timeout(input);
  if (!timeout) return;
  const auto back = parse_timeout(format_timeout(*timeout).view());
  require(back.has_value() && *back >= *timeout, "a timeout got shorter");
}

// Lines of "name\tvalue"; the views live as long as the input.
std::vector<http2::HeaderField> fields_of(std::string_view input) {
  std::vector<http2::HeaderField> fields;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    const std::string_view name = line.substr(0, line.find('\t'));
    const std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    fields.push_back({.name = name, .value = value, .token = http2::header_token(name)});
  }
  return fields;
}

void fuzz_metadata(std::string_view input) {
  const std::vector<http2::HeaderField> fields = fields_of(input);
  const Result<Metadata> metadata = Metadata::from_fields(fields);
  if (!metadata) return;
  HeaderList sent;
  metadata->append_to(sent);
  const Result<Metadata> back = Metadata::from_fields(sent.fields());
  require(back.has_value(), "metadata that we sent were refused");
  HeaderList sent_again;
  back->append_to(sent_again);
  require(sent.size() == sent_again.size(), "metadata were lost");
  for (const Metadata::Entry entry : *metadata) {
    Metadata one;
    if (one.add(entry.name, entry.value)) require(*one.begin() == entry, "an entry changed");
  }
}

void fuzz_status(std::string_view input) {
  const Status status = status_from_trailers(fields_of(input));
  HeaderList sent;
  append_status(status, sent);
  const Status back = status_from_trailers(sent.fields());
  require(back.code() == status.code(), "a status changed its code");
  (void)error_info(status);
  (void)find_detail<RetryInfo>(status);
  if (const auto decoded = decode_rpc_status(input)) {
    require(decode_rpc_status(encode_rpc_status(*decoded)) == decoded, "google.rpc.Status changed");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
  if (size_bytes == 0) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size_bytes - 1};
  switch (data[0] % 4) {
    case 0:
      fuzz_messages(input);
      break;
    case 1:
      fuzz_timeout(input);
      break;
    case 2:
      fuzz_metadata(input);
      break;
    default:
      fuzz_status(input);
  }
  return 0;
}
