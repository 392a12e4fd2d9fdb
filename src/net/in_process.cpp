#include "net/in_process.h"

#include <atomic>
#include <utility>

#include "net/memory_stream.h"

namespace parlance::net {

// Touched on its loop alone, but for `loop` and `open`.
struct InProcessNetwork::Entrance {
  explicit Entrance(LoopHandle handle) : loop(std::move(handle)) {}

  void take(std::unique_ptr<ByteStream> stream) {
    if (!open) return;
    if (on_accept) return on_accept(std::move(stream));
    waiting.push_back(std::move(stream));
  }

  const LoopHandle loop;
  std::atomic<bool> open = true;
  Listener::OnAccept on_accept;
  std::vector<std::unique_ptr<ByteStream>> waiting;  // until somebody accepts
};

class InProcessNetwork::EntranceListener final : public Listener {
 public:
  explicit EntranceListener(std::shared_ptr<Entrance> entrance) : entrance_(std::move(entrance)) {}
  ~EntranceListener() override { shut(); }

  const Endpoint& local() const override { return endpoint(); }
  void start(OnAccept on_accept) override {
    entrance_->on_accept = std::move(on_accept);
    for (auto& stream : std::exchange(entrance_->waiting, {})) entrance_->on_accept(std::move(stream));
  }
  void close() override { shut(); }

 private:
  void shut() {
    entrance_->open = false;
    entrance_->waiting.clear();
  }

  const std::shared_ptr<Entrance> entrance_;
};

class InProcessNetwork::Attempt final : public ConnectAttempt {
 public:
  // `result` arrives in a later event of the loop.
  Attempt(Loop& loop, Result result, OnDone on_done)
      : on_done_(std::make_shared<OnDone>(std::move(on_done))) {
    loop.post([waiting = on_done_, result = std::move(result)]() mutable {
      if (OnDone callback = std::exchange(*waiting, nullptr)) callback(std::move(result));
    });
  }
  ~Attempt() override { *on_done_ = nullptr; }

 private:
  const std::shared_ptr<OnDone> on_done_;
};

InProcessNetwork::InProcessNetwork() = default;
InProcessNetwork::~InProcessNetwork() = default;

const Endpoint& InProcessNetwork::endpoint() {
  static const Endpoint endpoint = *Endpoint::parse("unix:in-process");
  return endpoint;
}

std::expected<std::unique_ptr<Listener>, std::string> InProcessNetwork::listen(Loop& loop, const Endpoint&) {
  auto entrance = std::make_shared<Entrance>(loop.handle());
  const std::lock_guard lock{mutex_};
  entrances_.push_back(entrance);
  return std::make_unique<EntranceListener>(std::move(entrance));
}

std::shared_ptr<InProcessNetwork::Entrance> InProcessNetwork::next_entrance() {
  const std::lock_guard lock{mutex_};
  std::erase_if(entrances_, [](const auto& entrance) {
    const auto alive = entrance.lock();
    return alive == nullptr || !alive->open;
  });
  return entrances_.empty() ? nullptr : entrances_[next_++ % entrances_.size()].lock();
}

std::unique_ptr<ConnectAttempt> InProcessNetwork::connect(Loop& loop, const Endpoint&, Duration,
                                                          ConnectAttempt::OnDone on_done) {
  ConnectAttempt::Result result = std::unexpected("in-process: nobody listens");
  if (const auto entrance = next_entrance()) {
    auto [ours, theirs] = MemoryStream::make_pair({loop.handle(), endpoint()}, {entrance->loop, endpoint()});
    entrance->loop.post(
        [entrance, stream = std::move(theirs)]() mutable { entrance->take(std::move(stream)); });
    result = std::move(ours);
  }
  return std::make_unique<Attempt>(loop, std::move(result), std::move(on_done));
}

}  // namespace parlance::net
