#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/timer_heap.h"
#include "net/endpoint.h"
#include "net/loop.h"

struct ares_channeldata;

namespace parlance::net {

struct DnsOptions;

/// Where DNS servers listen when nothing else is said (RFC 1035 section 4.2).
constexpr int kDnsPort = 53;

/// A c-ares channel whose sockets and timeouts a loop serves. One a lookup: so that one lookup can be ended
/// without the others (c-ares only cancels all of a channel), and a changed resolv.conf is seen.
class AresChannel final : TimerNode {
 public:
  class Observer {
   public:
    /// c-ares has worked, and callbacks of what was asked may have run. The channel may be destroyed from
    /// within, as it may not from within those callbacks.
    virtual void on_progress() = 0;

   protected:
    ~Observer() = default;
  };

  AresChannel(Loop& loop, Observer& observer);
  /// Callbacks of what is still asked run with ARES_EDESTRUCTION.
  ~AresChannel() override;

  /// With the system's configuration, except for `servers` if there are any. An ARES_ status; once.
  int open(const DnsOptions& options, std::span<const Endpoint> servers);
  /// After open() succeeded. Whoever asks something of it calls wake() afterwards.
  ares_channeldata* get() const { return channel_; }
  /// Lets c-ares work, and calls on_progress(), in a later event.
  void wake();

  /// Whether a socket to a server was ever opened.
  bool asked_servers() const { return asked_servers_; }
  /// "10.0.0.2:53, [fd00::2]:53".
  std::string servers() const;

 private:
  class Socket;

  void on_timer() override;
  void process(int readable_fd, int writable_fd);
  void arm_timer();
  void on_socket_state(int fd, bool wants_read, bool wants_write);

  Loop& loop_;
  Observer& observer_;
  ares_channeldata* channel_ = nullptr;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  bool asked_servers_ = false;
};

}  // namespace parlance::net
