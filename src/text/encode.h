#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "generation/token.h"
#include "models/tokenizer.h"
#include "net/thread_pool.h"
#include "rpc/task.h"

namespace parlance::text {

/// Texts up to so many bytes are encoded on the caller's loop, in about half a millisecond: others on the
/// loop hardly notice, and a worker and back would cost as much as most of them.
inline constexpr std::size_t kEncodedOnLoopBytes = 4096;

/// The tokens of a text, as Tokenizer::encode() gives them. On an event loop, where it comes back to; a long
/// text is encoded by `pool`. Tokenizer and text outlive the task.
Task<Result<std::vector<generation::Token>>> encode(net::ThreadPool& pool, const models::Tokenizer& tokenizer,
                                                    std::string_view text);

}  // namespace parlance::text
