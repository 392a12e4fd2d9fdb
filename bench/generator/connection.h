#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "socket.h"

namespace bench {

/// The client's end of one connection. Calls are known by slots, small numbers that the caller chooses and
/// may use again when a call has ended.
class Connection {
 public:
  /// Told from within read().
  class User {
   public:
    /// Calls may be made.
    virtual void on_ready(Connection& connection) = 0;
    /// A whole message of the answer; the first of a connection with its bytes, later ones without.
    virtual void on_message(Connection& connection, unsigned slot, std::string_view message) = 0;
    /// The call is over; `why` is empty when it was answered with OK.
    virtual void on_end(Connection& connection, unsigned slot, std::string_view why) = 0;
    /// The connection is gone; nothing more comes of it.
    virtual void on_gone(Connection& connection, std::string_view why) = 0;

   protected:
    ~User() = default;
  };

  virtual ~Connection() = default;

  /// One request and no more: its answer is on_message, as often as there are messages, and on_end.
  virtual void call(unsigned slot) = 0;
  /// A bidirectional stream, and messages on it; never closed.
  virtual void open_stream(unsigned slot) = 0;
  virtual void send_message(unsigned slot) = 0;

  /// Takes what the socket has. Returns false once the connection is gone.
  bool read();
  /// Writes what was submitted; at the end of each turn. Same return value.
  bool flush();
  bool waits_to_write() const { return waits_to_write_; }
  bool gone() const { return gone_; }
  int fd() const { return socket_.fd(); }
  bool resumed() const { return socket_.resumed(); }

  // The user's own notes.
  unsigned index = 0;
  bool watched_for_writing = false;
  bool seen_first_answer = false;

 protected:
  Connection(Socket socket, User& user) : user_(user), socket_(std::move(socket)) {}

  /// Takes what came; returns how much of it is used up. The rest is shown again with what follows it.
  virtual std::size_t receive(std::span<const std::byte> bytes) = 0;
  void fail(std::string_view why);

  /// Bytes to be written: copied, or (from kChainFromBytes on) shown until they are written.
  void put(std::string_view bytes);
  void put_shared(std::string_view bytes);

  User& user_;

 private:
  struct Piece {
    const char* shared;  // null: the next `size` bytes of copied_
    std::size_t size;
  };

  std::size_t gather(std::span<iovec> parts) const;
  void wrote(std::size_t size_bytes);

  static constexpr std::size_t kReadBytes = 256 * 1024;
  static constexpr std::size_t kChainFromBytes = 1024;

  Socket socket_;
  bool waits_to_write_ = false;
  bool gone_ = false;
  std::string copied_;
  std::size_t copied_sent_ = 0;
  std::vector<Piece> pieces_;
  std::size_t pieces_sent_ = 0;
  std::vector<std::byte> rest_;  // of what was read and not used up
};

}  // namespace bench
