#pragma once

#include <cstddef>

#include "rpc/message_pool.h"

namespace parlance {

/// A response in the making that takes its memory from those before it: a message on loan from the thread's
/// pool, empty at first, that goes back when it has been sent. A unary handler may `co_return` it in place of
/// a message of its own, which spares the memory of its strings and repeated fields and a move:
///
///   Task<Result<PredictResponse>> Predict(ServerCall&, Incoming<PredictRequest> request) override {
///     Outgoing<PredictResponse> response;
///     response->set_request_id(request->request_id());
///     co_return response;
///   }
template <detail::Reusable T>
class Outgoing {
 public:
  Outgoing() { message_.emplace(); }
  /// The other one must not be used any more.
  Outgoing(Outgoing&&) noexcept = default;
  Outgoing& operator=(Outgoing&&) noexcept = default;
  ~Outgoing() {
    if (message_.has_value()) message_.give_back(static_cast<std::size_t>(message_->GetCachedSize()));
  }

  T& operator*() const { return *message_; }
  T* operator->() const { return &*message_; }

 private:
  detail::PooledMessage<T> message_;
};

}  // namespace parlance
