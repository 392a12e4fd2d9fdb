#pragma once

#include <vector>

#include "http2/connection_core.h"
#include "http2/frame.h"
#include "http2/header_validator.h"
#include "http2/hpack_decoder.h"
#include "http2/received_sections.h"

namespace parlance::http2 {

/// HEADERS and CONTINUATION frames: from header blocks to requests, responses and trailers (RFC 9113
/// sections 4.3, 6.2, 6.10 and 8.1). Every block is decoded, whatever becomes of its stream, because the
/// HPACK table of the connection depends on it. A block of one frame is decoded where it lies, and one that
/// came a moment ago not at all.
class HeadersIn {
 public:
  explicit HeadersIn(ConnectionCore& core)
      : core_(core), sections_(core.limits.max_header_list_bytes), decoder_(kInitialTableBytes) {}

  /// Inside a header block nothing but CONTINUATION of the same stream may come (section 4.3).
  bool in_block() const { return block_stream_ != kConnectionStream; }

  /// A fault of the stream is about `header.stream`.
  Outcome on_headers(const FrameHeader& header, Bytes payload);
  Outcome on_continuation(const FrameHeader& header, Bytes payload);
  /// Of the section that an observer is being told of.
  std::uint64_t section_id() const { return fields_ == nullptr ? 0 : fields_->id; }

  /// Our SETTINGS_HEADER_TABLE_SIZE came into force.
  void set_table_bytes(std::uint32_t size_bytes) { decoder_.set_max_table_bytes(size_bytes); }

 private:
  /// What HEADERS say beside the block.
  struct Section {
    StreamId stream = kConnectionStream;
    bool end_stream = false;
    bool depends_on_itself = false;
  };

  HeaderFields fields() const { return fields_->list.fields(); }
  SectionCheck check(ReceivedSection::Checked rules);
  std::expected<Bytes, Fault> strip(const FrameHeader& header, Bytes payload, Section& section) const;
  Outcome decode(const Section& section, Bytes block);
  Outcome route(const Section& section);
  Outcome on_request(const Section& section);
  Outcome open_request(const Section& section, const SectionFacts& facts);
  Outcome refuse_too_large(const Section& section);
  Outcome on_open_stream(Stream& stream, bool end_stream);
  Outcome on_response(Stream& stream, bool end_stream);
  Outcome on_trailers(Stream& stream, bool end_stream);

  ConnectionCore& core_;
  ReceivedSections sections_;
  ReceivedSection* fields_ = nullptr;  // of the block decoded last
  HpackDecoder decoder_;
  LegalFields legal_;
  StreamId block_stream_ = kConnectionStream;
  Section block_section_;
  std::vector<std::byte> block_;  // fragments, while in_block()
  std::uint32_t continuations_ = 0;
};

}  // namespace parlance::http2
