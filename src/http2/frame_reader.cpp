#include "http2/frame_reader.h"

#include <algorithm>

namespace parlance::http2 {
namespace {

Bytes take(Bytes& input, std::size_t size_bytes) {
  const Bytes taken = input.first(size_bytes);
  input = input.subspan(size_bytes);
  return taken;
}

}  // namespace

std::expected<std::optional<FrameItem>, Fault> FrameReader::next(Bytes& input) {
  for (;;) {
    switch (state_) {
      case State::kHeader:
        if (!read_header(input)) return std::nullopt;
        if (auto ok = check_frame_header(header_, max_frame_bytes_); !ok) return std::unexpected(ok.error());
        begin();
        if (state_ == State::kSkip) return FrameItem{.kind = FrameItem::Kind::kUnknown, .header = header_};
        break;
      case State::kPayload:
        return read_payload(input);
      case State::kPadLength:
        if (input.empty()) return std::nullopt;
        if (auto ok = read_pad_length(input); !ok) return std::unexpected(ok.error());
        break;
      case State::kData:
        return read_data(input);
      case State::kSkip:
        if (!skip(input)) return std::nullopt;
        break;
    }
  }
}

bool FrameReader::read_header(Bytes& input) {
  if (have_bytes_ == 0 && input.size() >= kFrameHeaderBytes) {
    header_ = load_frame_header(take(input, kFrameHeaderBytes).data());
    return true;
  }
  const Bytes part = take(input, std::min(input.size(), kFrameHeaderBytes - have_bytes_));
  std::ranges::copy(part, partial_header_.begin() + have_bytes_);
  have_bytes_ += static_cast<std::uint32_t>(part.size());
  if (have_bytes_ < kFrameHeaderBytes) return false;
  header_ = load_frame_header(partial_header_.data());
  have_bytes_ = 0;
  return true;
}

void FrameReader::begin() {
  assembled_ = Buffer{};
  left_bytes_ = header_.length;
  padding_bytes_ = 0;
  first_ = true;
  if (header_.type == FrameType::kData) {
    state_ = header_.has(flags::kPadded) ? State::kPadLength : State::kData;
  } else {
    state_ = is_known(header_.type) ? State::kPayload : State::kSkip;
  }
}

std::optional<FrameItem> FrameReader::read_payload(Bytes& input) {
  FrameItem item{.kind = FrameItem::Kind::kFrame, .header = header_};
  if (have_bytes_ == 0 && input.size() >= header_.length) {
    item.payload = take(input, header_.length);
    state_ = State::kHeader;
    return item;
  }
  if (have_bytes_ == 0) assembled_ = Buffer::allocate(header_.length);
  const Bytes part = take(input, std::min<std::size_t>(input.size(), header_.length - have_bytes_));
  std::ranges::copy(part, assembled_.writable().begin() + have_bytes_);
  have_bytes_ += static_cast<std::uint32_t>(part.size());
  if (have_bytes_ < header_.length) return std::nullopt;
  item.payload = assembled_.bytes();
  have_bytes_ = 0;
  state_ = State::kHeader;
  return item;
}

Outcome FrameReader::read_pad_length(Bytes& input) {
  if (header_.length == 0) {
    return connection_fault(ErrorCode::kFrameSizeError,
                            "padded DATA without a pad length (RFC 9113 section 6.1)");
  }
  const auto pad_length = std::to_integer<std::uint32_t>(take(input, 1).front());
  if (pad_length >= header_.length) {
    return connection_fault(ErrorCode::kProtocolError, "padding exceeds DATA (RFC 9113 section 6.1)");
  }
  padding_bytes_ = 1 + pad_length;
  left_bytes_ = header_.length - padding_bytes_;
  state_ = State::kData;
  return {};
}

std::optional<FrameItem> FrameReader::read_data(Bytes& input) {
  if (input.empty() && left_bytes_ > 0) return std::nullopt;
  FrameItem item{.kind = FrameItem::Kind::kData, .first = first_, .header = header_};
  if (first_) item.padding_bytes = padding_bytes_;
  item.payload = take(input, std::min<std::size_t>(input.size(), left_bytes_));
  first_ = false;
  left_bytes_ -= static_cast<std::uint32_t>(item.payload.size());
  if (left_bytes_ == 0) {
    item.last = true;
    left_bytes_ = padding_bytes_ > 0 ? padding_bytes_ - 1 : 0;
    state_ = State::kSkip;
  }
  return item;
}

bool FrameReader::skip(Bytes& input) {
  const Bytes part = take(input, std::min<std::size_t>(input.size(), left_bytes_));
  left_bytes_ -= static_cast<std::uint32_t>(part.size());
  if (left_bytes_ > 0) return false;
  state_ = State::kHeader;
  return true;
}

}  // namespace parlance::http2
