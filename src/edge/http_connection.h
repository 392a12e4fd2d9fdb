#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/timer_heap.h"
#include "edge/http_codec.h"
#include "edge/http_limits.h"
#include "edge/http_message.h"
#include "net/byte_stream.h"
#include "net/loop.h"
#include "rpc/task.h"

namespace parlance::edge {

/// Answers a request. Runs on the connection's loop; one object serves every loop at once. What it throws is
/// answered with 500, without its text.
using HttpHandler = std::function<Task<HttpResponse>(HttpRequest request)>;

/// One client's HTTP/1.1 connection: requests one after the other, each answered before the next is looked
/// at. Belongs to one loop.
class HttpConnection final : net::ByteStream::Observer, TimerNode {
 public:
  class Owner {
   public:
    /// The connection is over: nothing is under way any more. Once; must not destroy it before the caller
    /// has returned to the loop.
    virtual void on_http_closed(HttpConnection& connection) = 0;
    /// A handler threw.
    virtual void on_http_exception(std::string_view path, std::string_view what) = 0;

   protected:
    ~Owner() = default;
  };

  /// `received`: what was read of the stream before. All but the stream outlive it.
  HttpConnection(net::Loop& loop, std::unique_ptr<net::ByteStream> stream, std::string received,
                 const HttpHandler& handler, const HttpLimits& limits, Owner& owner);
  ~HttpConnection() override;
  /// To be called once, when the owner is ready to hear.
  void start();
  /// Answers this, reads nothing and closes, in place of start().
  void refuse(const HttpRefusal& refusal);

  /// Closes as soon as no request is under way.
  void begin_shutdown();
  /// Closes now; a handler that runs on keeps the connection's object.
  void close();

 private:
  enum class Stage : std::uint8_t { kReading, kHandling, kWriting, kLingering, kClosed };

  void on_readable() override;
  void on_writable() override;
  void on_timer() override;

  void read_input();
  void discard_input();
  void advance();
  bool start_request();
  void handle(HttpRequest request);
  static void on_handled(void* self);
  void take_response();
  void answer(const HttpResponse& response);
  void write_output();
  void after_answer();
  void linger();
  void wait_for_request();
  bool takes_input() const;

  net::Loop& loop_;
  std::unique_ptr<net::ByteStream> stream_;
  const HttpHandler& handler_;
  const HttpLimits& limits_;
  Owner& owner_;
  HttpParser parser_;
  std::string input_;
  std::string output_;
  std::size_t written_bytes_ = 0;  // of output_
  std::optional<Task<HttpResponse>> running_;
  std::string path_;  // of the request under way
  Stage stage_ = Stage::kReading;
  bool starting_handler_ = false;
  bool is_head_ = false;
  bool ends_ = false;  // with the answer under way
  bool input_ended_ = false;
};

}  // namespace parlance::edge
