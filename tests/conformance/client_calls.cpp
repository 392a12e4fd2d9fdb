#include "client_calls.h"

#include <chrono>
#include <thread>

#include "base/concat.h"
#include "exchange.h"
#include "grpc/error_details.h"
#include "rpc/client_call.h"

namespace parlance::conformance {
namespace {

using std::chrono::milliseconds;
using Cancel = v1::ClientCompatRequest::Cancel;
// Requests go out as the bytes they came as. All responses have the one field that UnaryResponse has.
using Response = v1::UnaryResponse;

// One call and what it comes to.
class Conversation {
 public:
  Conversation(const Channel& channel, const v1::ClientCompatRequest& request)
      : channel_(channel),
        request_(request),
        path_(concat("/", request.service(), "/", request.method())),
        count_(request.request_messages_size()) {
    options_.timeout = milliseconds{request.timeout_ms()};
    if (request.compression() == v1::COMPRESSION_GZIP) options_.compression = Encoding::kGzip;
    if (request.compression() == v1::COMPRESSION_DEFLATE) options_.compression = Encoding::kDeflate;
    if (request.compression() == v1::COMPRESSION_ZSTD) options_.compression = Encoding::kZstd;
  }

  Result<v1::ClientResponseResult> run() {
    if (auto added = add_headers(request_.request_headers(), metadata_); !added) {
      return std::unexpected(added.error());
    }
    options_.metadata = &metadata_;
    switch (request_.stream_type()) {
      case v1::STREAM_TYPE_UNARY:
        unary();
        break;
      case v1::STREAM_TYPE_CLIENT_STREAM:
        client_stream();
        break;
      case v1::STREAM_TYPE_SERVER_STREAM:
        server_stream();
        break;
      case v1::STREAM_TYPE_HALF_DUPLEX_BIDI_STREAM:
        bidi_stream(false);
        break;
      case v1::STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM:
        bidi_stream(true);
        break;
      default:
        return std::unexpected(Status{StatusCode::kInvalidArgument, "no stream type"});
    }
    return std::move(result_);
  }

 private:
  void unary() {
    pause_before_request();
    UnaryCall<Response> call{channel_, path_, message(0), options_};
    const auto canceller = cancel_later(call);
    take_only(call.wait());
    take_metadata(call);
  }

  void server_stream() {
    pause_before_request();
    ClientReader<Response> call{channel_, path_, message(0), options_};
    const auto canceller = cancel_later(call);
    while (take_next(call)) {
    }
    take_end(call);
  }

  void client_stream() {
    ClientWriter<Buffer, Response> call{channel_, path_, options_};
    for (int i = 0; i < count_; ++i) {
      if (!send(call, i)) break;
    }
    if (cancels_before_close()) {
      call.cancel();
    } else {
      call.writes_done().wait();
    }
    const auto canceller = cancel_later(call);
    take_only(call.finish().wait());
    take_metadata(call);
  }

  void bidi_stream(bool full_duplex) {
    ClientReaderWriter<Buffer, Response> call{channel_, path_, options_};
    for (int i = 0; i < count_; ++i) {
      if (!send(call, i) || (full_duplex && !take_next(call))) break;
    }
    if (cancels_before_close()) {
      call.cancel();
    } else {
      call.writes_done().wait();
    }
    const auto canceller = cancel_later(call);
    while (take_next(call)) {
    }
    take_end(call);
  }

  Buffer message(int index) const {
    return Buffer::copy_of(as_bytes(request_.request_messages(index).value()));
  }

  void pause_before_request() const {
    std::this_thread::sleep_for(milliseconds{request_.request_delay_ms()});
  }

  // False when the call has ended.
  template <typename Call>
  bool send(Call& call, int index) {
    pause_before_request();
    if (call.write(message(index)).wait()) return true;
    result_.set_num_unsent_requests(count_ - index);
    return false;
  }

  bool cancels_before_close() const {
    return request_.cancel().cancel_timing_case() == Cancel::kBeforeCloseSend;
  }

  // To be held until the call has ended.
  std::jthread cancel_later(detail::ClientCallBase& call) const {
    const Cancel& cancel = request_.cancel();
    const bool immediately = cancel.cancel_timing_case() == Cancel::CANCEL_TIMING_NOT_SET;
    if (!request_.has_cancel() || !(immediately || cancel.has_after_close_send_ms())) return {};
    return std::jthread{[&call, delay = milliseconds{cancel.after_close_send_ms()}] {
      std::this_thread::sleep_for(delay);
      call.cancel();
    }};
  }

  // False when there is none.
  template <typename Call>
  bool take_next(Call& call) {
    std::optional<Response> response = call.read().wait();
    if (!response) return false;
    *result_.add_payloads() = std::move(*response->mutable_payload());
    const std::uint32_t cancel_after = request_.cancel().after_num_responses();
    if (cancel_after > 0 && std::cmp_equal(result_.payloads_size(), cancel_after)) call.cancel();
    return true;
  }

  void take_only(Result<Response> response) {
    if (response) {
      *result_.add_payloads() = std::move(*response->mutable_payload());
    } else {
      take_status(response.error());
    }
  }

  template <typename Call>
  void take_end(Call& call) {
    take_status(call.finish().wait());
    take_metadata(call);
  }

  void take_status(const Status& outcome) {
    if (outcome.ok()) return;
    const Status status = grpc::without_explanation(outcome);  // the suite counts the details of an error
    v1::Error& error = *result_.mutable_error();
    error.set_code(static_cast<v1::Code>(status.code()));
    error.set_message(std::string{status.message()});
    for (const StatusDetail& detail : status.details()) {
      google::protobuf::Any& any = *error.add_details();
      any.set_type_url(detail.type_url);
      any.set_value(detail.value);
    }
  }

  void take_metadata(const detail::ClientCallBase& call) {
    *result_.mutable_response_headers() = to_headers(call.initial_metadata());
    *result_.mutable_response_trailers() = to_headers(call.trailing_metadata());
  }

  const Channel& channel_;
  const v1::ClientCompatRequest& request_;
  std::string path_;
  int count_;
  Metadata metadata_;
  CallOptions options_;
  v1::ClientResponseResult result_;
};

}  // namespace

Result<v1::ClientResponseResult> make_call(const Channel& channel, const v1::ClientCompatRequest& request) {
  return Conversation{channel, request}.run();
}

}  // namespace parlance::conformance
