#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace parlance::net::testing {

/// A DNS server on 127.0.0.1, on UDP and TCP, with the records it is given (RFC 1035). Names are lower case,
/// without the last dot. A name it has no record of does not exist (NXDOMAIN). Any thread may change it.
class DnsServer {
 public:
  DnsServer() {
    // The kernel picks the port of one socket; that of the other must be free too.
    do {
      if (udp_ >= 0) close(udp_), close(tcp_);
      udp_ = bound(SOCK_DGRAM, 0);
      tcp_ = bound(SOCK_STREAM, port_of(udp_));
    } while (port_of(tcp_) != port_of(udp_));
    listen(tcp_, 8);
    thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
  }
  ~DnsServer() {
    thread_.request_stop();
    thread_.join();
    close(udp_);
    close(tcp_);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  /// "127.0.0.1:40000".
  std::string address() const { return "127.0.0.1:" + std::to_string(port_of(udp_)); }

  /// `address`: IPv4 or IPv6.
  void add_address(const std::string& name, const char* address, std::uint32_t ttl_seconds) {
    char bytes[16];
    const bool v6 = inet_pton(AF_INET6, address, bytes) == 1;
    if (!v6) inet_pton(AF_INET, address, bytes);
    add(name, {v6 ? kAaaa : kA, ttl_seconds, std::string(bytes, v6 ? 16 : 4)});
  }
  void add_alias(const std::string& name, const std::string& target, std::uint32_t ttl_seconds) {
    add(name, {kCname, ttl_seconds, encoded_name(target), target});
  }
  /// One TXT record of several strings, each of at most 255 bytes.
  void add_txt(const std::string& name, const std::vector<std::string>& strings) {
    std::string data;
    for (const std::string& string : strings) (data += static_cast<char>(string.size())) += string;
    add(name, {kTxt, 60, data});
  }
  void remove(const std::string& name) {
    const std::lock_guard lock{mutex_};
    records_.erase(name);
  }

  /// The next queries, which are dropped.
  void drop(int queries) { to_drop_ = queries; }
  /// With this code other than 0, every query is answered by it alone.
  void fail_with(int rcode) { rcode_ = rcode; }
  /// UDP answers say that they are cut short and carry nothing.
  void truncate_udp() { truncate_udp_ = true; }

  /// UDP answers are cut off after so many bytes.
  void cut_udp_after(std::size_t bytes) { udp_bytes_ = bytes; }

  int udp_queries() const { return udp_queries_; }
  int tcp_queries() const { return tcp_queries_; }

  static constexpr int kRefused = 5;

 private:
  static constexpr std::uint16_t kA = 1, kCname = 5, kTxt = 16, kAaaa = 28;
  static constexpr int kNoSuchName = 3;
  static constexpr int kHeaderBytes = 12;

  struct Record {
    std::uint16_t type;
    std::uint32_t ttl;
    std::string data;
    std::string target = {};  // of an alias
  };

  static int bound(int type, std::uint16_t port) {
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);  // port_of() is 0 if it failed
    return fd;
  }
  static std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  static std::string encoded_name(std::string_view name) {
    std::string bytes;
    while (!name.empty()) {
      const std::string_view label = name.substr(0, name.find('.'));
      (bytes += static_cast<char>(label.size())) += label;
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return bytes += '\0';
  }
  static void put(std::string& out, std::uint32_t value, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  }

  void add(const std::string& name, Record record) {
    const std::lock_guard lock{mutex_};
    records_[name].push_back(std::move(record));
  }

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}};
      poll(ready, 2, 10);
      if (ready[0].revents != 0) serve_udp();
      if (ready[1].revents != 0) serve_tcp();
    }
  }

  void serve_udp() {
    char query[512];
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t bytes = recvfrom(udp_, query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (bytes <= kHeaderBytes) return;
    ++udp_queries_;
    if (to_drop_ > 0) {
      --to_drop_;
      return;
    }
    const std::string reply = reply_to({query, static_cast<std::size_t>(bytes)}, truncate_udp_);
    sendto(udp_, reply.data(), std::min(reply.size(), udp_bytes_.load()), 0,
           reinterpret_cast<sockaddr*>(&from), size);
  }

  void serve_tcp() {
    const int fd = accept(tcp_, nullptr, nullptr);
    const timeval patience{.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    unsigned char size[2];
    char query[512];
    // A client sends one query or several, and then closes.
    while (recv(fd, size, 2, MSG_WAITALL) == 2) {
      const std::size_t bytes = std::min<std::size_t>(size[0] * 256U + size[1], sizeof query);
      if (recv(fd, query, bytes, MSG_WAITALL) != static_cast<ssize_t>(bytes)) break;
      ++tcp_queries_;
      const std::string reply = reply_to({query, bytes}, false);
      std::string framed;
      put(framed, static_cast<std::uint32_t>(reply.size()), 2);
      framed += reply;
      send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
    close(fd);
  }

  std::string reply_to(std::string_view query, bool truncated) const {
    std::string name;
    std::size_t at = kHeaderBytes;
    while (query[at] != 0) {
      const auto length = std::size_t{static_cast<unsigned char>(query[at])};
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += length + 1;
    }
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 2]));
    const std::string_view question = query.substr(kHeaderBytes, at + 5 - kHeaderBytes);

    int rcode = rcode_;
    int count = 0;
    const std::string answers = rcode == 0 && !truncated ? answers_to(name, type, rcode, count) : "";
    std::string reply{query.substr(0, 2)};
    // A response, recursion asked for and available; perhaps cut short.
    put(reply, 0x8180U | (truncated ? 0x0200U : 0U) | static_cast<std::uint32_t>(rcode), 2);
    put(reply, 1, 2);
    put(reply, static_cast<std::uint32_t>(count), 2);
    put(reply, 0, 4);
    return (reply += question) += answers;
  }

  std::string answers_to(std::string name, std::uint16_t type, int& rcode, int& count) const {
    const std::lock_guard lock{mutex_};
    std::string answers;
    for (bool aliased = true; aliased;) {
      aliased = false;
      const auto found = records_.find(name);
      if (found == records_.end()) {
        rcode = kNoSuchName;
        return answers;
      }
      const std::string owner = encoded_name(name);
      for (const Record& record : found->second) {
        if (record.type != type && record.type != kCname) continue;
        answers += owner;
        put(answers, record.type, 2);
        put(answers, 1, 2);
        put(answers, record.ttl, 4);
        put(answers, static_cast<std::uint32_t>(record.data.size()), 2);
        answers += record.data;
        ++count;
        if (record.type != kCname) continue;
        name = record.target;
        aliased = true;
      }
    }
    return answers;
  }

  int udp_ = -1;
  int tcp_ = -1;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Record>> records_;  // guarded by mutex_
  std::atomic<int> to_drop_ = 0;
  std::atomic<int> rcode_ = 0;
  std::atomic<bool> truncate_udp_ = false;
  std::atomic<std::size_t> udp_bytes_ = SIZE_MAX;
  std::atomic<int> udp_queries_ = 0;
  std::atomic<int> tcp_queries_ = 0;
  std::jthread thread_;
};

}  // namespace parlance::net::testing
