#include "rpc/server_worker.h"

#include <algorithm>
#include <utility>

#include "net/detecting_stream.h"
#include "net/tls_stream.h"

namespace parlance::detail {
namespace {

using std::chrono::milliseconds;

// Time for the last answers and GOAWAYs to be written before connections are cut.
constexpr milliseconds kFarewell{500};

}  // namespace

void ServerWorker::start() {
  loop().post([this] {
    for (const Entrance& entrance : listeners_) {
      entrance.listener->start([this, speaks = entrance.speaks](std::unique_ptr<net::ByteStream> stream) {
        take(std::move(stream), speaks);
      });
    }
  });
}

std::unique_ptr<ConnectionFront::OnLoop> ServerWorker::front_of(const ServerOptions& options) {
  if (options.front == nullptr) return nullptr;
  return options.front->on_loop(loop_, options, [this](std::unique_ptr<net::ByteStream> stream) {
    server_loop_.add_connection(std::move(stream));
  });
}

void ServerWorker::take(std::unique_ptr<net::ByteStream> stream, Speaks speaks) {
  stream = secured(std::move(stream), speaks);
  if (front_ != nullptr) return front_->take(std::move(stream));
  server_loop_.add_connection(std::move(stream));
}

std::unique_ptr<net::ByteStream> ServerWorker::secured(std::unique_ptr<net::ByteStream> stream,
                                                       Speaks speaks) const {
  switch (speaks) {
    case Speaks::kTls:
      return std::make_unique<net::TlsStream>(std::move(stream), tls_->new_server_session());
    case Speaks::kEither:
      return std::make_unique<net::DetectingStream>(std::move(stream), tls_);
    case Speaks::kPlaintext:
      break;
  }
  return stream;
}

void ServerWorker::shutdown(milliseconds grace, std::function<void()> on_empty) {
  loop().post([this, grace, on_empty = std::move(on_empty)]() mutable {
    if (stage_ == Stage::kServing) {
      begin_drain(grace, std::move(on_empty));
    } else if (stage_ == Stage::kDraining && loop().now() + grace < at()) {
      end_stage_after(grace);
    }
  });
}

void ServerWorker::begin_drain(milliseconds grace, std::function<void()> on_empty) {
  stage_ = Stage::kDraining;
  for (const Entrance& entrance : listeners_) entrance.listener->close();
  end_stage_after(grace);
  const auto ended = [this, left = std::make_shared<int>(front_ != nullptr ? 2 : 1),
                      on_empty = std::move(on_empty)] {
    if (--*left > 0) return;
    loop().disarm(*this);
    on_empty();
  };
  if (front_ != nullptr) front_->begin_shutdown(ended);
  server_loop_.begin_shutdown(ended);
}

void ServerWorker::on_timer() {
  if (std::exchange(stage_, Stage::kEnding) == Stage::kDraining) {
    end_stage_after(kFarewell);
    server_loop_.end_calls();
    if (front_ != nullptr) front_->end_calls();
  } else {
    server_loop_.close_connections();
    if (front_ != nullptr) front_->close_connections();
  }
}

}  // namespace parlance::detail
