#include "scheduling/tensor_stream.h"

#include <utility>

#include "base/assert.h"
#include "scheduling/batch_assembly.h"
#include "scheduling/errors.h"
#include "scheduling/generation/generation_errors.h"
#include "scheduling/submission.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling {
TensorStream::TensorStream(ServerCall& call, std::string client, std::vector<QueuedRequest> requests)
    : call_(call),
      client_(std::move(client)),
      requests_(std::move(requests)),
      parts_(std::make_shared<PartQueue>(call.loop().handle(), requests_.front().deadline,
                                         requests_.front().queue->config().python.slow_reader)),
      running_(run()) {
  for (QueuedRequest& request : requests_) {
    if (request.streams) request.sink = parts_;
    if (request.client.empty()) request.client = client_;
  }
  if (!call_.cancelled()) call_.on_cancelled(*this);
  running_.start(&TensorStream::on_done, this);
}

TensorStream::~TensorStream() { require(ended_, "TensorStream: end() was not awaited"); }

Task<void> TensorStream::run() {
  Submission submission{call_, requests_};
  co_await submission;
  if (const QueuedRequest* failed = submission.failed()) {
    status_ = failed->result->error();
    co_return;
  }
  if (requests_.front().streams) co_return;
  std::vector<models::Tensors> outputs;
  for (QueuedRequest& request : requests_) outputs.push_back(std::move((*request.result)->outputs));
  std::size_t copied_bytes = 0;
  models::Tensors whole = outputs.size() == 1 ? std::move(outputs.front()) : join_rows(outputs, copied_bytes);
  parts_->take({.tensors = std::move(whole), .copied_bytes = copied_bytes});
}

void TensorStream::on_done(void* stream) {
  auto& self = *static_cast<TensorStream*>(stream);
  try {
    self.running_.take();
  } catch (const std::exception&) {
    self.status_ = Status{StatusCode::kInternal, "the stream could not be read"};
  }
  const VersionQueue& queue = *self.requests_.front().queue;
  const PartQueue::Unread unread = self.parts_->unread();
  if (unread == PartQueue::Unread::kForTooLong)
    self.status_ = slow_reader(queue.model(), queue.config().python.slow_reader, "python.slow_reader");
  self.ended_ = true;
  const std::shared_ptr<PartQueue> parts = self.parts_;  // who goes on may destroy the stream
  const Status why = self.status_;
  // The reader's handler waits in a write, which only the end of the call ends.
  if (unread != PartQueue::Unread::kNo) self.call_.abort(why);
  parts->wake();
}

TensorStream::End TensorStream::end() {
  if (!ended_) parts_->stop();
  return {*this};
}

}  // namespace parlance::scheduling
