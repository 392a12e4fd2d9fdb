#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace bench {

/// What one connection of a reference server says: bytes in, bytes out.
class Session {
 public:
  virtual ~Session() = default;
  /// Where the next bytes go; the session's own memory, never empty.
  virtual std::span<std::byte> room() = 0;
  /// So many bytes came there. False: the connection is to be closed.
  virtual bool received(std::size_t size_bytes) = 0;
  /// Appends what is to be written to `out`, as long as that is short.
  virtual void fill(std::string& out) = 0;
};

using SessionFactory = std::unique_ptr<Session> (*)();

/// Reads --port, --tls-port, --cert and --key, says "listening on 127.0.0.1:PORT" for each, and serves every
/// connection with a session of its own, in one thread on epoll, until a signal ends the process.
int serve_reference(int count, char** arguments, const char* what, SessionFactory make_session);

}  // namespace bench
