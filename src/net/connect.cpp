#include "net/connect.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/timer_heap.h"
#include "net/reactor.h"
#include "net/tcp_stream.h"

namespace parlance::net {
namespace {

class SocketAttempt final : public ConnectAttempt, WatchedDescriptor::Watcher {
 public:
  SocketAttempt(Loop& loop, const Endpoint& endpoint, Duration timeout, OnDone on_done)
      : loop_(loop), endpoint_(endpoint), on_done_(std::move(on_done)) {
    loop_.arm(begin_, loop_.now());
    loop_.arm(limit_, loop_.now() + timeout);
  }
  ~SocketAttempt() override { stop(); }

 private:
  struct Timer final : TimerNode {
    Timer(SocketAttempt& of, void (SocketAttempt::*due)()) : attempt(of), on_due(due) {}
    void on_timer() override { (attempt.*on_due)(); }
    SocketAttempt& attempt;
    void (SocketAttempt::*on_due)();
  };

  // In an event of its own: the caller is not told from within connect().
  void begin() {
    fd_ = ::socket(endpoint_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return fail(std::strerror(errno));
    if (::connect(fd_, endpoint_.address(), endpoint_.size_bytes()) == 0) return succeed();
    if (errno != EINPROGRESS) return fail(std::strerror(errno));
    watched_.emplace(loop_.reactor(), fd_, static_cast<WatchedDescriptor::Watcher&>(*this));
    watched_->watch_writable();
  }
  void on_readable() override {}
  void on_writable() override {
    loop_.begin_event();
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(std::strerror(error));
    succeed();
  }
  void give_up() { fail("no answer in time"); }

  void fail(const std::string& why) { finish(std::unexpected(endpoint_.to_string() + ": " + why)); }
  void succeed() {
    watched_.reset();
    finish(std::make_unique<TcpStream>(loop_, std::exchange(fd_, -1), endpoint_));
  }
  void finish(Result result) {
    stop();
    OnDone callback = std::move(on_done_);
    callback(std::move(result));  // may destroy this
  }
  void stop() {
    loop_.disarm(begin_);
    loop_.disarm(limit_);
    watched_.reset();
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

  Loop& loop_;
  const Endpoint endpoint_;
  OnDone on_done_;
  Timer begin_{*this, &SocketAttempt::begin};
  Timer limit_{*this, &SocketAttempt::give_up};
  int fd_ = -1;
  std::optional<WatchedDescriptor> watched_;
};

class SocketConnector final : public Connector {
  std::unique_ptr<ConnectAttempt> connect(Loop& loop, const Endpoint& endpoint, Duration timeout,
                                          ConnectAttempt::OnDone on_done) override {
    return std::make_unique<SocketAttempt>(loop, endpoint, timeout, std::move(on_done));
  }
};

}  // namespace

Connector& socket_connector() {
  static auto* const connector = new SocketConnector;
  return *connector;
}

}  // namespace parlance::net
