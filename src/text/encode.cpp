#include "text/encode.h"

#include "rpc/offload.h"

namespace parlance::text {

Task<Result<std::vector<generation::Token>>> encode(net::ThreadPool& pool, const models::Tokenizer& tokenizer,
                                                    std::string_view text) {
  if (text.size() <= kEncodedOnLoopBytes) co_return tokenizer.encode(text);
  auto work = [&] { return tokenizer.encode(text); };
  co_return co_await offload(pool, work);
}

}  // namespace parlance::text
