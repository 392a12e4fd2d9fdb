#pragma once

#include <span>
#include <string>

#include "base/status.h"
#include "models/labels.h"
#include "models/tensor.h"

namespace parlance::dialects::torchserve {

/// The classes that a classifier's answer has.
inline constexpr std::size_t kTopClasses = 5;

/// A model's outputs as a TorchServe handler of that kind answers, laid out as Python's json.dumps(indent=2)
/// does, NaN and Infinity as there:
///
/// - of a model with labels whose one output has a score for each: an object with the most probable classes,
///   best first (as image_classifier);
/// - of one output else: its numbers in as many arrays as it has dimensions (as base_handler);
/// - of several: an object with those by the outputs' names.
///
/// `is_one_row`: the first dimension, which is 1, is left out. INTERNAL, OUTPUT_NOT_REPRESENTABLE, for a type
/// that JSON has no numbers for.
Result<std::string> to_json(const models::Tensors& outputs, const models::Labels& labels, bool is_one_row);

/// [0.25, …], laid out in the same way.
std::string to_json(std::span<const float> values);

}  // namespace parlance::dialects::torchserve
