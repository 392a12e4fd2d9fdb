#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/timer_heap.h"
#include "edge/http_call.h"
#include "edge/http_codec.h"
#include "edge/http_output.h"
#include "http2/observer.h"
#include "net/loop.h"
#include "rpc/connection_front.h"

namespace parlance::edge {

/// A request of HTTP/2 that is not gRPC, on a stream of a gRPC server's connection. Belongs to one loop.
class Http2Request final : public http2::StreamObserver, HttpOutput, TimerNode {
 public:
  class Owner {
   public:
    /// The stream is gone and nothing is under way. Once; must not destroy the request before the caller has
    /// returned to the loop.
    virtual void on_request_over(Http2Request& request) = 0;

   protected:
    ~Owner() = default;
  };

  /// All outlive it but the connection, which is not used after on_closed.
  Http2Request(net::Loop& loop, const HttpService& service, Http2Carrier& connection, http2::StreamId stream,
               Owner& owner)
      : loop_(loop), service_(service), connection_(&connection), stream_(stream), owner_(owner) {}
  ~Http2Request();
  /// To be called once, when the owner is ready to hear.
  void start(http2::HeaderFields fields, bool end_stream);
  /// Answers this and takes no more of the request, in place of start().
  void refuse(const HttpRefusal& refusal);

  /// Ends the call that is under way.
  void end_call(const Status& status);
  /// Ends the stream now; a handler that runs on keeps this object.
  void close();

 private:
  // http2::StreamObserver
  void on_headers(http2::HeaderFields fields, bool end_stream) override;
  void on_data(Bytes data, bool end_stream) override;
  void on_send_ready() override;
  void on_closed(const http2::StreamEnd& end) override;

  // HttpOutput
  std::string_view peer() const override;
  void send(const HttpResponse& response) override;
  void send_head(const HttpResponse& head) override;
  void send_body(std::string_view text) override;
  void end_body(bool whole) override;
  bool is_full() const override;
  void tell_when_sent() override;
  void on_call_over() override;

  void on_timer() override;  // the request did not come in time

  void read_head(http2::HeaderFields fields);
  void request_complete();
  void send_fields(const HttpResponse& response, bool has_length, bool end_stream);
  void tell_if_over();

  net::Loop& loop_;
  const HttpService& service_;
  Http2Carrier* connection_;  // null once the stream is gone
  const http2::StreamId stream_;
  Owner& owner_;
  HttpRequest request_;
  std::string target_;
  std::unique_ptr<HttpCall> call_;
  bool is_head_ = false;
  bool refused_ = false;
};

}  // namespace parlance::edge
