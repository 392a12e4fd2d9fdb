// The part of ServerStream that sends the response: head, messages, trailers.

#include <array>

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/status_wire.h"
#include "rpc/interceptor_chain.h"
#include "rpc/load_report.h"
#include "rpc/server_connection.h"
#include "rpc/server_stream.h"

namespace parlance::detail {
namespace {

using http2::HeaderField;
using http2::HeaderToken;

// The head of every response, and the trailers of most: an encoder copies what it made of them before.
constexpr std::array kHeadFields{HeaderField{":status", "200", HeaderToken::kStatus},
                                 HeaderField{"content-type", grpc::kContentType, HeaderToken::kContentType}};
constexpr std::array kOkFields{HeaderField{"grpc-status", "0", HeaderToken::kGrpcStatus}};
const http2::FixedFields kHead{kHeadFields};
const http2::FixedFields kOkTrailers{kOkFields};

}  // namespace

bool ServerStream::set_compression(grpc::Encoding encoding) {
  const bool accepted = encoding == grpc::Encoding::kIdentity ||
                        (head_->accepted_encodings & 1U << static_cast<unsigned>(encoding)) != 0;
  if (!accepted || headers_sent_) return false;
  response_encoding_ = encoding;
  return true;
}

void ServerStream::send_initial_metadata() {
  if (!can_send()) return;
  send_head();
  connection_->flush();
}

void ServerStream::send_head() {
  if (std::exchange(headers_sent_, true)) return;
  if (response_encoding_ == grpc::Encoding::kIdentity && initial_metadata_.empty()) {
    connection_->http2().send_headers(id_, kHead, {}, false);
    return;
  }
  grpc::HeaderList more;
  if (response_encoding_ != grpc::Encoding::kIdentity) {
    more.add("grpc-encoding", grpc::to_string(response_encoding_), HeaderToken::kGrpcEncoding);
  }
  initial_metadata_.append_to(more);
  connection_->http2().send_headers(id_, kHead, more.fields(), false);
}

bool ServerStream::send_message(Buffer framed, bool compress) {
  if (!can_send()) return false;
  if (is_filtered()) {
    Result<Buffer> filtered = interceptors_->filter_framed_response(std::move(framed));
    if (!filtered) return fail(filtered.error()), false;
    framed = *std::move(filtered);
  }
  if (!make_room(framed.memory_bytes())) return false;
  send_head();
  if (compress && response_encoding_ != grpc::Encoding::kIdentity) {
    framed = grpc::compress_and_frame(response_encoding_, framed.bytes().subspan(grpc::kPrefixBytes));
  }
  connection_->figures().sent(loop_.now());
  sent_bytes_ += framed.size() - grpc::kPrefixBytes;
  connection_->http2().send_data(id_, std::move(framed), false);
  connection_->flush();
  return true;
}

std::byte* ServerStream::place_message(std::size_t framed_bytes) {
  const bool is_simple = can_send() && !is_filtered() && response_encoding_ == grpc::Encoding::kIdentity;
  if (!is_simple || framed_bytes > http2::Connection::kMostPlacedBytes) return nullptr;
  if (connection_->memory_share() < 1) return nullptr;  // make_room() decides
  send_head();
  std::byte* at = connection_->http2().place_data(id_, framed_bytes, false);
  if (at == nullptr) return nullptr;
  connection_->figures().sent(loop_.now());
  sent_bytes_ += framed_bytes - grpc::kPrefixBytes;
  connection_->flush();
  return at;
}

bool ServerStream::send_queue_full() const {
  if (!can_send()) return false;
  const std::size_t queued = connection_->http2().queued_bytes(id_);
  return queued > 0 && queued > connection_->send_high_water_bytes();
}

void ServerStream::wait_to_write(std::coroutine_handle<> writer) {
  writer_waiting_ = Waiter{writer};
  connection_->http2().tell_when_sent(id_);
}

void ServerStream::finish(const Status& status) {
  if (!can_send()) return;
  finished_ = true;
  server_loop_.figures().end(status.ok());
  count_end(status.code());
  loop_.disarm(*this);
  if (interceptors_ != nullptr) interceptors_->settle(status);
  if (wants_hops()) add_own_hop();
  if (const CallLoad* load = attributes().find<CallLoad>()) {
    trailing_metadata_.add(kLoadReportTrailer, load->report);
  }
  send_trailers(status);
  connection_->flush();
}

void ServerStream::send_trailers(const Status& status) {
  const bool plain = trailing_metadata_.empty() && retry_pushback_ms_.empty();
  if (status.ok() && headers_sent_ && plain) {
    connection_->http2().send_headers(id_, kOkTrailers, {}, true);
    return;
  }
  grpc::HeaderList fields;
  if (!std::exchange(headers_sent_, true)) {  // Trailers-Only
    for (const HeaderField& field : kHeadFields) fields.add(field.name, field.value, field.token);
    if (head_->encoding_unsupported) {
      fields.add("grpc-accept-encoding", grpc::kAcceptEncoding, HeaderToken::kGrpcAcceptEncoding);
    }
    initial_metadata_.append_to(fields);
  }
  const bool explain = server_loop_.options().explain_errors;
  grpc::append_status(explain ? status : grpc::without_explanation(status), fields);
  if (!retry_pushback_ms_.empty()) fields.add("grpc-retry-pushback-ms", retry_pushback_ms_);
  trailing_metadata_.append_to(fields);
  connection_->http2().send_headers(id_, fields.fields(), true);
}

}  // namespace parlance::detail
