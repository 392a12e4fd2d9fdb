// HPACK on the header sections of a unary gRPC call. Time is for one section; items are fields.

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "http2/hpack_decoder.h"
#include "http2/hpack_encoder.h"
#include "http2/huffman.h"

namespace parlance::http2 {
namespace {

/// As a client sends it: all but the timeout come again in the next call.
std::vector<HeaderField> request(std::string_view timeout) {
  return {{.name = ":method", .value = "POST"},
          {.name = ":scheme", .value = "http"},
          {.name = ":path", .value = "/inference.InferenceService/Predict"},
          {.name = ":authority", .value = "models.example.com:50051"},
          {.name = "te", .value = "trailers"},
          {.name = "content-type", .value = "application/grpc"},
          {.name = "user-agent", .value = "parlance/0.1 (linux; x86_64)"},
          {.name = "grpc-accept-encoding", .value = "identity, deflate, gzip, zstd"},
          {.name = "grpc-timeout", .value = timeout}};
}

void count_fields(benchmark::State& state, std::size_t fields) {
  state.SetItemsProcessed(static_cast<std::int64_t>(fields) * state.iterations());
}

void encode_request(benchmark::State& state) {
  const std::vector<HeaderField> fields = request("49983u");
  HpackEncoder encoder;
  std::vector<std::byte> block;
  for (auto _ : state) {
    block.clear();
    encoder.encode(fields, block);
    benchmark::DoNotOptimize(block.data());
  }
  count_fields(state, fields.size());
}
BENCHMARK(encode_request);

void decode_request(benchmark::State& state) {
  const std::vector<HeaderField> fields = request("49983u");
  HpackEncoder encoder;
  HpackDecoder decoder;
  HeaderList list{16 * 1024};
  std::vector<std::byte> block;
  encoder.encode(fields, block);
  if (!decoder.decode(block, list)) state.SkipWithError("first block");
  block.clear();
  encoder.encode(fields, block);
  for (auto _ : state) {
    if (!decoder.decode(block, list)) state.SkipWithError("block");
    benchmark::DoNotOptimize(list.fields().data());
  }
  count_fields(state, fields.size());
}
BENCHMARK(decode_request);

/// The first call of a connection: every field is spelled out, Huffman-coded, and entered.
void encode_and_decode_first_request(benchmark::State& state) {
  const std::vector<HeaderField> fields = request("49983u");
  HeaderList list{16 * 1024};
  std::vector<std::byte> block;
  for (auto _ : state) {
    HpackEncoder encoder;
    HpackDecoder decoder;
    block.clear();
    encoder.encode(fields, block);
    if (!decoder.decode(block, list)) state.SkipWithError("block");
    benchmark::DoNotOptimize(list.fields().data());
  }
  count_fields(state, fields.size());
}
BENCHMARK(encode_and_decode_first_request);

const std::string kText =
    "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6Ikpva";

void huffman_encode_text(benchmark::State& state) {
  std::vector<std::byte> coded(huffman_size(kText));
  for (auto _ : state) {
    benchmark::DoNotOptimize(huffman_size(kText));
    benchmark::DoNotOptimize(huffman_encode(kText, coded.data()));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(kText.size()) * state.iterations());
}
BENCHMARK(huffman_encode_text);

void huffman_decode_text(benchmark::State& state) {
  std::vector<std::byte> coded(huffman_size(kText));
  huffman_encode(kText, coded.data());
  std::vector<char> text(huffman_max_decoded_bytes(coded.size()));
  for (auto _ : state) benchmark::DoNotOptimize(huffman_decode(coded, text.data()));
  state.SetBytesProcessed(static_cast<std::int64_t>(kText.size()) * state.iterations());
}
BENCHMARK(huffman_decode_text);

}  // namespace
}  // namespace parlance::http2

BENCHMARK_MAIN();
