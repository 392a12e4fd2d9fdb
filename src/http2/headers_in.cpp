#include "http2/headers_in.h"

#include <array>
#include <utility>

#include "http2/data_in.h"

namespace parlance::http2 {
namespace {

constexpr std::size_t kPriorityBytes = 5;

Outcome malformed(std::string_view reason) { return stream_fault(ErrorCode::kProtocolError, reason); }

std::unexpected<Fault> too_short() {
  return connection_fault(ErrorCode::kFrameSizeError, "HEADERS too short (RFC 9113 section 6.2)");
}

bool has_body_length(const SectionFacts& facts) {
  return facts.content_length != SectionFacts::kNoLength && facts.content_length != 0;
}

// RFC 9110 section 6.4.1: these have no body, whatever content-length says.
bool is_bodiless(std::uint16_t status) { return status == 204 || status == 304; }

}  // namespace

Outcome HeadersIn::on_headers(const FrameHeader& header, Bytes payload) {
  Section section{.stream = header.stream, .end_stream = header.has(flags::kEndStream)};
  const auto fragment = strip(header, payload, section);
  if (!fragment) return std::unexpected(fragment.error());
  if (header.has(flags::kEndHeaders)) return decode(section, *fragment);
  block_stream_ = header.stream;
  block_section_ = section;
  block_.assign(fragment->begin(), fragment->end());
  continuations_ = 0;
  return {};
}

Outcome HeadersIn::on_continuation(const FrameHeader& header, Bytes payload) {
  if (!in_block() || header.stream != block_stream_) {
    return connection_fault(ErrorCode::kProtocolError,
                            "CONTINUATION that continues nothing (RFC 9113 section 6.10)");
  }
  if (auto ok = core_.abuse.check_continuations(++continuations_); !ok) return ok;
  block_.insert(block_.end(), payload.begin(), payload.end());
  if (!header.has(flags::kEndHeaders)) return payload.empty() ? core_.abuse.count_empty() : Outcome{};
  block_stream_ = kConnectionStream;
  const std::vector<std::byte> block = std::exchange(block_, {});
  return decode(block_section_, block);
}

// Takes padding and priority off.
std::expected<Bytes, Fault> HeadersIn::strip(const FrameHeader& header, Bytes payload,
                                             Section& section) const {
  std::size_t pad_length = 0;
  if (header.has(flags::kPadded)) {
    if (payload.empty()) return too_short();
    pad_length = std::to_integer<std::size_t>(payload.front());
    payload = payload.subspan(1);
  }
  if (header.has(flags::kPriority)) {
    if (payload.size() < kPriorityBytes) return too_short();
    section.depends_on_itself = (load_be32(payload.data()) & kMaxStreamId) == header.stream;
    payload = payload.subspan(kPriorityBytes);
  }
  if (pad_length > payload.size()) {
    return connection_fault(ErrorCode::kProtocolError, "padding exceeds HEADERS (RFC 9113 section 6.2)");
  }
  return payload.first(payload.size() - pad_length);
}

Outcome HeadersIn::decode(const Section& section, Bytes block) {
  fields_ = sections_.find(block, decoder_.table_changes());
  if (fields_ == nullptr) {
    fields_ = &sections_.renew();
    const std::uint64_t before = decoder_.table_changes();
    if (auto ok = decoder_.decode(block, fields_->list); !ok) {
      return connection_fault(ErrorCode::kCompressionError, to_string(ok.error()));
    }
    if (decoder_.table_changes() == before) sections_.remember(block, before);
  }
  return route(section);
}

SectionCheck HeadersIn::check(ReceivedSection::Checked rules) {
  using enum ReceivedSection::Checked;
  if (fields_->checked == rules) return fields_->facts;
  const SectionCheck facts = rules == kRequest    ? check_request(fields(), legal_)
                             : rules == kResponse ? check_response(fields(), legal_)
                                                  : check_trailers(fields(), legal_);
  if (facts) {
    fields_->facts = *facts;
    fields_->checked = rules;
  }
  return facts;
}

Outcome HeadersIn::route(const Section& section) {
  Stream* stream = core_.streams.find(section.stream);
  const bool is_request =
      stream == nullptr && core_.role == Role::kServer && core_.streams.is_new_peer_id(section.stream);
  if (stream == nullptr && !is_request) return core_.frame_on_gone_stream(section.stream);
  if (is_request) core_.streams.note_peer_id(section.stream);
  if (section.depends_on_itself) return malformed("stream depends on itself (RFC 7540 section 5.3.1)");
  return is_request ? on_request(section) : on_open_stream(*stream, section.end_stream);
}

Outcome HeadersIn::on_request(const Section& section) {
  if (section.stream > core_.ending.accepts_up_to) {
    core_.refuse(section.stream, ErrorCode::kRefusedStream);
    return {};
  }
  if (core_.streams.open_count() >= core_.settings.max_concurrent_streams()) {
    return stream_fault(ErrorCode::kRefusedStream,
                        "above SETTINGS_MAX_CONCURRENT_STREAMS (RFC 9113 section 5.1.2)");
  }
  if (fields_->list.too_large()) return refuse_too_large(section);
  const SectionCheck facts = check(ReceivedSection::Checked::kRequest);
  if (!facts) return malformed(facts.error());
  if (section.end_stream && has_body_length(*facts)) {
    return malformed("content-length without a body (RFC 9113 section 8.1.1)");
  }
  return open_request(section, *facts);
}

Outcome HeadersIn::open_request(const Section& section, const SectionFacts& facts) {
  Stream& stream = core_.streams.open(section.stream, core_.settings.theirs().initial_window_bytes,
                                      core_.settings.stream_window_bytes());
  stream.expected_bytes = facts.content_length;
  if (section.end_stream) stream.receiving = Stream::Receiving::kEnded;
  core_.abuse.stream_opened();
  stream.observer = core_.observer.on_request(section.stream, fields(), section.end_stream);
  if (stream.observer == nullptr && !stream.closed) {
    core_.reset(stream, ErrorCode::kRefusedStream, "refused");
  }
  core_.send.close_if_done(stream);
  return {};
}

HeaderFields ConnectionObserver::answer_to_oversized_request() {
  static constexpr std::array kAnswer = {HeaderField{":status", "431", HeaderToken::kStatus}};
  return kAnswer;
}

// RFC 9113 section 10.5.1: the connection goes on.
Outcome HeadersIn::refuse_too_large(const Section& section) {
  core_.send.write_headers(section.stream, core_.observer.answer_to_oversized_request(), true);
  if (section.end_stream) return {};
  return stream_fault(ErrorCode::kNoError, "request header section too large");
}

Outcome HeadersIn::on_open_stream(Stream& stream, bool end_stream) {
  if (stream.received_end()) {
    return stream_fault(ErrorCode::kStreamClosed, "HEADERS after END_STREAM (RFC 9113 section 5.1)");
  }
  if (fields_->list.too_large()) {
    return stream_fault(ErrorCode::kEnhanceYourCalm, "header section above max_header_list_bytes");
  }
  return stream.receiving == Stream::Receiving::kResponse ? on_response(stream, end_stream)
                                                          : on_trailers(stream, end_stream);
}

Outcome HeadersIn::on_response(Stream& stream, bool end_stream) {
  const SectionCheck facts = check(ReceivedSection::Checked::kResponse);
  if (!facts) return malformed(facts.error());
  const bool informational = facts->status < 200;
  if (informational && end_stream) {
    return malformed("informational response with END_STREAM (RFC 9113 section 8.1)");
  }
  if (!informational) {
    const bool bodiless = stream.head_request || is_bodiless(facts->status);
    stream.expected_bytes = bodiless ? 0 : facts->content_length;
    if (auto ok = check_length(stream, end_stream); !ok) return ok;
    stream.receiving = end_stream ? Stream::Receiving::kEnded : Stream::Receiving::kBody;
  }
  stream.observer->on_headers(fields(), end_stream);
  core_.send.close_if_done(stream);
  return {};
}

Outcome HeadersIn::on_trailers(Stream& stream, bool end_stream) {
  if (!end_stream) return malformed("trailers without END_STREAM (RFC 9113 section 8.1)");
  if (const SectionCheck facts = check(ReceivedSection::Checked::kTrailers); !facts)
    return malformed(facts.error());
  if (auto ok = check_length(stream, true); !ok) return ok;
  stream.receiving = Stream::Receiving::kEnded;
  stream.observer->on_headers(fields(), true);
  core_.send.close_if_done(stream);
  return {};
}

}  // namespace parlance::http2
