#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/timer_heap.h"
#include "edge/http_call.h"
#include "edge/http_codec.h"
#include "edge/http_output.h"
#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::edge {

/// One client's HTTP/1.1 connection: requests one after the other, each answered before the next is looked
/// at. Belongs to one loop.
class HttpConnection final : HttpOutput, net::ByteStream::Observer, net::TurnEnd, TimerNode {
 public:
  class Owner {
   public:
    /// The connection is over: nothing is under way any more. Once; must not destroy it before the caller
    /// has returned to the loop.
    virtual void on_http_closed(HttpConnection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  /// `received`: what was read of the stream before. All but the stream outlive it.
  HttpConnection(net::Loop& loop, std::unique_ptr<net::ByteStream> stream, std::string received,
                 const HttpService& service, Owner& owner);
  ~HttpConnection();
  /// To be called once, when the owner is ready to hear.
  void start();
  /// Answers this, reads nothing and closes, in place of start().
  void refuse(const HttpRefusal& refusal);

  /// Closes as soon as no request is under way.
  void begin_shutdown();
  /// Ends the call that is under way.
  void end_call(const Status& status);
  /// Closes now; a handler that runs on keeps the connection's object.
  void close();

 private:
  enum class Stage : std::uint8_t { kReading, kHandling, kWriting, kLingering, kClosed };

  // HttpOutput
  std::string_view peer() const override { return peer_; }
  void send(const HttpResponse& response) override;
  void send_head(const HttpResponse& head) override;
  void send_body(std::string_view text) override;
  void end_body(bool whole) override;
  bool is_full() const override;
  void tell_when_sent() override { flush(); }
  void on_call_over() override;

  void on_readable() override;
  void on_writable() override;
  void on_turn_end() override;
  void on_timer() override;

  void read_input();
  void discard_input();
  void advance();
  bool start_request();
  void handle(HttpRequest request);
  HttpFraming framing(HttpFraming::Body body) const;
  void flush() { loop_.at_turn_end(*this); }
  bool write_output();
  void wait_to_write();
  void after_output();
  void linger();
  void wait_for_request();
  bool takes_input() const;

  net::Loop& loop_;
  std::unique_ptr<net::ByteStream> stream_;
  const std::string peer_;
  const HttpService& service_;
  Owner& owner_;
  HttpParser parser_;
  std::string input_;
  std::string output_;
  std::size_t written_bytes_ = 0;  // of output_
  std::unique_ptr<HttpCall> call_;
  Stage stage_ = Stage::kReading;
  bool is_head_ = false;
  bool is_chunked_ = false;  // the body under way
  bool is_cut_ = false;      // a body that is not whole: the connection ends with it
  bool ends_ = false;        // with the answer under way
  bool input_ended_ = false;
};

}  // namespace parlance::edge
