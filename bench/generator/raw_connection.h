#pragma once

#include <deque>

#include "connection.h"
#include "plan.h"

namespace bench {

/// The protocol of raw_protocol.h: answers come in the order of the requests.
class RawConnection final : public Connection {
 public:
  RawConnection(Socket socket, User& user, const Plan& plan);
  void call(unsigned slot) override;
  void open_stream(unsigned slot) override;
  void send_message(unsigned slot) override;

 private:
  std::size_t receive(std::span<const std::byte> bytes) override;
  void on_answer(std::string_view message);

  const std::string request_;  // with its prefix
  const unsigned expected_messages_;
  std::deque<unsigned> waiting_;  // slots
  unsigned messages_ = 0;         // of the first of them
};

}  // namespace bench
