// The HTTP/1.1 parser of src/edge on arbitrary bytes. Each property must hold for every input: a connection's
// requests are the same however its bytes are cut, and what is written of an answer is as long as it says.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "edge/http_codec.h"

namespace {

using namespace parlance;
using namespace parlance::edge;

constexpr HttpParser::Limits kLimits{.header_bytes = 2048, .body_bytes = 4096};

struct Outcome {
  std::vector<HttpRequest> requests;
  bool refused = false;
  // Of a header whose first piece was none yet, the parser looks at the rest when all of it is there.
  bool waits = false;
};

// `step` 0: all at once; otherwise pieces of 1 to `step` bytes.
Outcome parse(std::string_view stream, std::size_t step) {
  HttpParser parser{kLimits};
  Outcome outcome;
  std::string input;
  for (std::size_t cut = 1; !stream.empty(); cut = cut % (step + 1) + 1) {
    const std::size_t size = step == 0 ? stream.size() : std::min(cut, stream.size());
    input += stream.substr(0, size);
    stream.remove_prefix(size);
    while (true) {
      input.erase(0, parser.feed(input));
      auto request = parser.take();
      if (!request) break;
      outcome.requests.push_back(*std::move(request));
    }
    // What waits to be fed again is never more than a header.
    require(parser.refusal() || input.size() <= kLimits.header_bytes + size, "input is kept for nothing");
  }
  outcome.refused = parser.refusal().has_value();
  outcome.waits = !outcome.refused && !input.empty();
  return outcome;
}

void same(const Outcome& one, const Outcome& other) {
  require(one.refused == other.refused || one.waits || other.waits, "a cut changed what is refused");
  require(one.requests.size() == other.requests.size(), "a cut changed the number of requests");
  for (std::size_t i = 0; i < one.requests.size(); ++i) {
    const HttpRequest& a = one.requests[i];
    const HttpRequest& b = other.requests[i];
    require(a.method == b.method && a.path == b.path && a.query == b.query && a.fields == b.fields &&
                a.body == b.body,
            "a cut changed a request");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream{reinterpret_cast<const char*>(data), size};
  const Outcome whole = parse(stream, 0);
  same(whole, parse(stream, 1));
  same(whole, parse(stream, 7));
  for (const HttpRequest& request : whole.requests) {
    const std::string bytes = serialize({.body = request.body}, {});
    require(bytes.ends_with(request.body), "the body of an answer comes last");
  }
  return 0;
}
