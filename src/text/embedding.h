#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/token.h"
#include "models/model_version.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/scheduler.h"

namespace parlance::text {

/// A text, or the tokens that a caller made of it, with those at its borders.
using EmbeddedText = std::variant<std::string, std::vector<generation::Token>>;

struct EmbedRequest {
  models::ModelHandle model;  // pins the version
  EmbeddedText text;
  bool normalize = false;      // scale the embedding to L2 length 1
  Deadline deadline;           // the earliest of all that the dialect carries; never(): the call's
  std::uint32_t priority = 0;  // 1 is the highest; 0: the model's own
  std::string client = {};     // whose share it takes; empty: interceptors::client_of() of the call
};

struct Embedding {
  std::vector<float> values = {};
  std::size_t tokens = 0;      // that the model was given, with those at the text's borders
  bool truncated = false;      // the text was longer than the model takes: its end was left out
  std::int64_t version = 0;    // of the model
  Duration computed{};         // the run, which others may have shared
  std::size_t batch_rows = 0;  // texts of that run
};

/// The embedding of a text; on the call's loop. Texts of all callers that are in the same bucket of lengths
/// (model.yaml, `embedding`) may share a run, unless they are long (above 64 tokens nothing is gained); the
/// values do not depend on that but for the last digits.
///
/// UNIMPLEMENTED, MODEL_CANNOT, for a model that makes none (embedding_layout()). INVALID_ARGUMENT,
/// INVALID_INPUT, for a text that is not UTF-8 or too long to be looked at, for none at all, and for tokens
/// that the model does not know. Else as Scheduler::infer().
Task<Result<Embedding>> embed(ServerCall& call, scheduling::Scheduler& scheduler, EmbedRequest request);

/// What embed_all() comes to.
struct Embeddings {
  std::vector<Embedding> all = {};  // in the order of the requests, when status is OK; else empty
  std::size_t failed = 0;           // which request it was that failed
  Status status;
};

/// Several at once, which may share runs with each other, too. All or nothing.
Task<Embeddings> embed_all(ServerCall& call, scheduling::Scheduler& scheduler,
                           std::vector<EmbedRequest> requests);

}  // namespace parlance::text
