#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <random>
#include <string>

namespace parlance::testing_views {

using Random = std::mt19937_64;

/// Sets fields of `message` at random, from its descriptor, to values that are often at an edge; messages in
/// it at most `depth` deep. Unknown fields too, sometimes.
void fill(google::protobuf::Message& message, Random& random, int depth);

/// The bytes with a few of them changed, cut out, doubled or put elsewhere; or pieces of two such messages.
std::string mutated(std::string bytes, Random& random);

}  // namespace parlance::testing_views
