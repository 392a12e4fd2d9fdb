#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <deque>
#include <utility>

#include "connection.h"
#include "plan.h"
#include "response_headers.h"

namespace bench {

/// A gRPC client's end of an HTTP/2 connection, as cheap as a load needs it: frames by hand, header blocks of
/// requests made once, those of responses decoded once for each that differs. It grants the server all the
/// window there is, keeps to the server's own, and takes the order of frames on trust.
class Http2Connection final : public Connection {
 public:
  Http2Connection(Socket socket, User& user, const Plan& plan);
  void call(unsigned slot) override;
  void open_stream(unsigned slot) override;
  void send_message(unsigned slot) override;

 private:
  struct Stream {
    unsigned slot = 0;
    bool ends = false;               // behind what is to be sent
    std::uint64_t unsent_bytes = 0;  // of copies of the request in a row
    std::int64_t window_bytes = 0;
    std::size_t prefix_filled = 0;
    std::array<std::byte, 5> prefix = {};
    std::size_t left_bytes = 0;  // of the message under way
  };
  struct Frame {
    std::uint8_t type;
    std::uint8_t flags;
    std::uint32_t stream;
    std::span<const std::byte> payload;
  };

  std::size_t receive(std::span<const std::byte> bytes) override;
  void on_frame(const Frame& frame);
  void on_data(const Frame& frame);
  void on_headers(const Frame& frame);
  void on_settings(const Frame& frame);
  void on_window_update(const Frame& frame);
  void take_messages(Stream& stream, std::span<const std::byte> data);
  void end(std::uint32_t id, std::string_view why);

  std::uint32_t open(unsigned slot, bool ends);
  void send_body(std::uint32_t id, Stream& stream);
  void put_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload);
  void put_frame_header(std::size_t size_bytes, std::uint8_t type, std::uint8_t flags, std::uint32_t stream);

  const std::string request_;  // with its prefix
  const std::string first_headers_;
  const std::string next_headers_;
  bool headers_sent_ = false;
  bool ready_ = false;
  ResponseHeaders response_headers_;
  boost::unordered_flat_map<std::uint32_t, Stream> streams_;
  std::vector<std::uint32_t> stream_of_slot_;  // bidirectional ones
  std::deque<std::uint32_t> blocked_;          // streams with something to send and no window
  std::uint32_t next_id_ = 1;
  std::int64_t window_bytes_ = 65535;
  std::int64_t initial_window_bytes_ = 65535;
  std::size_t max_frame_bytes_ = 16384;
  std::uint64_t received_bytes_ = 0;  // since the connection's window was last given back
  std::string sample_;                // the first message
  bool sampled_ = false;
};

}  // namespace bench
