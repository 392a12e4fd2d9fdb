// HPACK under libFuzzer. The input is a list of header blocks: two octets of length, then the block. Our
// decoder must not crash; what it accepts must come back when our encoder and a second decoder pass it on;
// and the table must keep to its limit.

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "http2/hpack_decoder.h"
#include "http2/hpack_encoder.h"

namespace {

using namespace parlance;
using namespace parlance::http2;

constexpr std::uint32_t kMaxListBytes = 16 * 1024;

/// One connection that receives the fuzzer's blocks and sends on what it understood.
class Relay {
 public:
  /// False when the block ends the connection.
  bool pass_on(Bytes block) {
    if (!in_.decode(block, received_)) return false;
    require(in_.table().size_bytes() <= in_.table().max_bytes(), "the table keeps to its size");
    require(in_.table().max_bytes() <= kInitialTableBytes, "the size keeps to its limit");
    coded_.clear();
    encoder_.encode(received_.fields(), coded_);
    require(out_.decode(coded_, relayed_).has_value(), "our blocks are valid");
    require(out_.table().size_bytes() == encoder_.table().size_bytes(), "both tables agree");
    compare(received_.fields(), relayed_.fields());
    return true;
  }

  void change_limit(std::uint32_t max_table_bytes) {
    encoder_.set_max_table_bytes(max_table_bytes);
    out_.set_max_table_bytes(max_table_bytes);
  }

 private:
  static void compare(HeaderFields sent, HeaderFields got) {
    require(sent.size() == got.size(), "every field comes back");
    for (std::size_t i = 0; i < sent.size(); ++i) {
      require(sent[i].name == got[i].name, "the name comes back");
      require(sent[i].value == got[i].value, "the value comes back");
      require(sent[i].token == got[i].token, "the token comes back");
      require(got[i].never_indexed || !sent[i].never_indexed, "never indexed stays so");
    }
  }

  HpackDecoder in_;
  HpackEncoder encoder_;
  HpackDecoder out_;
  HeaderList received_{kMaxListBytes};
  HeaderList relayed_{UINT32_MAX};
  std::vector<std::byte> coded_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLengthBytes = 2;
  constexpr std::uint16_t kLimitFlag = 0x8000;  // no block follows but a new limit
  Bytes input = std::as_bytes(std::span{data, size});
  Relay relay;
  while (input.size() >= kLengthBytes) {
    const std::uint16_t length = load_be16(input.data());
    input = input.subspan(kLengthBytes);
    if ((length & kLimitFlag) != 0) {
      relay.change_limit(length & ~kLimitFlag);
      continue;
    }
    const Bytes block = input.first(std::min<std::size_t>(length, input.size()));
    input = input.subspan(block.size());
    if (!relay.pass_on(block)) break;
  }
  return 0;
}
