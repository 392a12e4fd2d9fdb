#include <fmt/format.h>

#include <algorithm>

#include "models/config/sections.h"
#include "models/config/yaml_reader.h"

namespace parlance::models::config {
namespace {

constexpr std::int64_t kMostSequences = 1'000'000;
constexpr std::int64_t kMostTokens = 1'048'576;  // of an embedding's text

DataType read_type(const YAML::Node& node) {
  const std::string name = read_text(node, "type");
  const std::optional<DataType> type = parse_data_type(name);
  if (!type) fail(node, fmt::format("\"{}\" is not a type; types are spelled like FP32, INT64, UINT8", name));
  return *type;
}

Shape read_shape(const YAML::Node& node) {
  if (!node.IsSequence()) fail(node, "\"shape\" must be a list of whole numbers");
  Shape shape;
  for (const YAML::Node& dimension : node) {
    std::int64_t value = 0;
    if (!dimension.IsScalar() || !YAML::convert<std::int64_t>::decode(dimension, value) ||
        value < kAnyDimension)
      fail(dimension, "a dimension is a whole number, or -1 for any");
    shape.push_back(value);
  }
  return shape;
}

TensorSpec read_spec(const YAML::Node& node, std::string_view key) {
  TensorSpec spec;
  bool has_type = false;
  bool has_shape = false;
  read_mapping(
      node, fmt::format("an item of \"{}\"", key),
      {{"name", [&](const YAML::Node& value) { spec.name = read_text(value, "name"); }},
       {"type", [&](const YAML::Node& value) { spec.type = read_type(value), has_type = true; }},
       {"shape", [&](const YAML::Node& value) { spec.shape = read_shape(value), has_shape = true; }}});
  if (spec.name.empty() || !has_type || !has_shape)
    fail(node, fmt::format("an item of \"{}\" needs name, type and shape", key));
  return spec;
}

SequenceConfig::State read_state(const YAML::Node& node) {
  SequenceConfig::State state;
  read_mapping(node, "an item of \"states\"",
               {{"input", [&](const YAML::Node& value) { state.input = read_text(value, "input"); }},
                {"output", [&](const YAML::Node& value) { state.output = read_text(value, "output"); }}});
  if (state.input.empty() || state.output.empty()) fail(node, "an item of \"states\" needs input and output");
  return state;
}

std::vector<SequenceConfig::State> read_states(const YAML::Node& node) {
  if (!node.IsSequence() || node.size() == 0) fail(node, "\"states\" must be a list");
  std::vector<SequenceConfig::State> states;
  for (const YAML::Node& item : node) {
    SequenceConfig::State state = read_state(item);
    if (std::ranges::count(states, state.input, &SequenceConfig::State::input) > 0)
      fail(item, fmt::format("\"states\" names the input \"{}\" twice", state.input));
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace

std::vector<TensorSpec> read_specs(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence() || node.size() == 0) fail(node, fmt::format("\"{}\" must be a list", key));
  std::vector<TensorSpec> specs;
  for (const YAML::Node& item : node) {
    TensorSpec spec = read_spec(item, key);
    if (std::ranges::count(specs, spec.name, &TensorSpec::name) > 0)
      fail(item, fmt::format("\"{}\" names \"{}\" twice", key, spec.name));
    specs.push_back(std::move(spec));
  }
  return specs;
}

RawInputConfig read_raw_input(const YAML::Node& node) {
  RawInputConfig raw;
  read_mapping(
      node, "\"raw_input\"",
      {{"formats", [&](const YAML::Node& value) { raw.formats = read_texts(value, "formats"); }},
       {"transform", [&](const YAML::Node& value) { raw.transform = read_text(value, "transform"); }}});
  if (raw.formats.empty() || raw.transform.empty()) fail(node, "\"raw_input\" needs formats and transform");
  return raw;
}

SequenceConfig read_sequence(const YAML::Node& node) {
  SequenceConfig sequence;
  read_mapping(
      node, "\"sequence\"",
      {{"states", [&](const YAML::Node& value) { sequence.states = read_states(value); }},
       {"max_idle_ms", [&](const YAML::Node& value) { sequence.max_idle = read_ms(value, "max_idle_ms"); }},
       {"max_sequences", [&](const YAML::Node& value) {
          sequence.max_sequences =
              static_cast<std::size_t>(read_number(value, "max_sequences", 1, kMostSequences));
        }}});
  if (sequence.states.empty()) fail(node, "\"sequence\" needs states");
  return sequence;
}

EmbeddingConfig read_embedding(const YAML::Node& node) {
  EmbeddingConfig embedding;
  std::vector<std::size_t> lengths;
  read_mapping(node, "\"embedding\"",
               {{"max_tokens",
                 [&](const YAML::Node& value) {
                   embedding.max_tokens =
                       static_cast<std::size_t>(read_number(value, "max_tokens", 1, kMostTokens));
                 }},
                {"lengths", [&](const YAML::Node& value) {
                   const std::vector<std::int64_t> given = read_numbers(value, "lengths", 1, kMostTokens);
                   lengths.assign(given.begin(), given.end());
                 }}});
  if (lengths.empty()) lengths = embedding.lengths;
  std::erase_if(lengths, [&](std::size_t length) { return length >= embedding.max_tokens; });
  lengths.push_back(embedding.max_tokens);
  embedding.lengths = std::move(lengths);
  return embedding;
}

}  // namespace parlance::models::config
