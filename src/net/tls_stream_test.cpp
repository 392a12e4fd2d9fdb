#include "net/tls_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "net/loop.h"
#include "net/testing/certificates.h"
#include "net/tls_context.h"

namespace parlance::net {
namespace {

// One end of a connection in memory: reads what the other end wrote, and tells nobody of anything.
class Pipe final : public ByteStream {
 public:
  Pipe(std::string& in, std::string& out) : in_(in), out_(out) {}

  void watch_readable(Observer&) override {}
  void watch_writable(Observer&) override {}
  IoResult read(MutableBytes into) override {
    const std::size_t size = std::min(into.size(), in_.size());
    if (size == 0) return {.would_block = true};
    std::ranges::copy(as_bytes(in_).first(size), into.begin());
    in_.erase(0, size);
    return {.size_bytes = size};
  }
  IoResult write(std::span<const iovec> parts) override {
    std::size_t size = 0;
    for (const iovec& part : parts) {
      out_.append(static_cast<const char*>(part.iov_base), part.iov_len);
      size += part.iov_len;
    }
    return {.size_bytes = size};
  }
  void shut_down_writing() override {}
  void close() override {}
  const Endpoint& peer() const override { return nowhere_; }
  const Endpoint& local() const override { return nowhere_; }

 private:
  std::string& in_;
  std::string& out_;
  Endpoint nowhere_;
};

class TlsStreams : public ::testing::Test {
 protected:
  TlsStreams() {
    const testing::TemporaryFolder folder;
    const testing::CertificateAuthority authority{"test CA"};
    authority.write_certificate(folder.file("ca.pem"));
    authority.issue("server", "DNS:localhost", folder.file("server.pem"), folder.file("server.key"));
    const auto servers = TlsContext::server(
        {.certificate_file = folder.file("server.pem"), .key_file = folder.file("server.key")});
    const auto clients = TlsContext::client({.ca_file = folder.file("ca.pem")});
    server_ = std::make_unique<TlsStream>(std::make_unique<Pipe>(to_server_, to_client_),
                                          (*servers)->new_server_session());
    client_ = std::make_unique<TlsStream>(std::make_unique<Pipe>(to_client_, to_server_),
                                          (*clients)->new_client_session("localhost"));
    // Each flight of the handshake leaves with a read or a write; session tickets come last.
    for (int flight = 0; flight < 4; ++flight) {
      write_all(*client_, "hello");
      EXPECT_EQ(read(*server_).error, std::error_code{});
      EXPECT_EQ(read(*client_).error, std::error_code{});
    }
  }

  static void write_all(ByteStream& stream, std::string text) {
    for (std::size_t sent = 0; sent < text.size();) {
      const iovec part{text.data() + sent, text.size() - sent};
      const IoResult result = stream.write({&part, 1});
      if (result.size_bytes == 0) return;  // the handshake is not over
      sent += result.size_bytes;
    }
  }

  IoResult read(ByteStream& stream) { return stream.read(buffer_); }

  std::string to_server_;
  std::string to_client_;
  std::unique_ptr<TlsStream> server_;
  std::unique_ptr<TlsStream> client_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(Loop::kReadBufferBytes);
};

// The owner stops reading after some reads and asks to be told when there is more. Only the stream below
// tells: what is behind a record that was read already would never be heard of.
TEST_F(TlsStreams, NothingIsLeftBehindThatTheStreamBelowDoesNotTellOf) {
  for (const std::size_t size :
       {1, 16'384, 60'000, 65'536, 65'537, 70'000, 98'304, 131'072, 300'000, 500'000}) {
    write_all(*server_, std::string(size, 'x'));
    std::size_t received = 0;
    while (!to_client_.empty()) received += read(*client_).size_bytes;
    EXPECT_EQ(received, size);
    EXPECT_TRUE(read(*client_).would_block) << size;
  }
}

}  // namespace
}  // namespace parlance::net
