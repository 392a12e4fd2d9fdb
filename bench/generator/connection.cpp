#include "connection.h"

#include <array>
#include <cstring>

namespace bench {

bool Connection::read() {
  static std::vector<std::byte> buffer(2 * kReadBytes);  // one thread
  for (;;) {
    if (!rest_.empty()) std::memcpy(buffer.data(), rest_.data(), rest_.size());
    const std::ptrdiff_t count = socket_.read({buffer.data() + rest_.size(), kReadBytes});
    if (count == Socket::kWouldBlock) return true;
    if (count == Socket::kClosed) return fail("the server closed the connection"), false;
    const std::span<const std::byte> bytes{buffer.data(), rest_.size() + static_cast<std::size_t>(count)};
    const std::size_t used = receive(bytes);
    if (gone_) return false;
    rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(used), bytes.end());
    if (static_cast<std::size_t>(count) < kReadBytes / 16) return true;
  }
}

void Connection::fail(std::string_view why) {
  if (gone_) return;
  gone_ = true;
  user_.on_gone(*this, why);
}

void Connection::put(std::string_view bytes) {
  const bool extends = pieces_.size() > pieces_sent_ && pieces_.back().shared == nullptr;
  if (!extends) pieces_.push_back({nullptr, 0});
  pieces_.back().size += bytes.size();
  copied_ += bytes;
}

void Connection::put_shared(std::string_view bytes) {
  if (bytes.size() < kChainFromBytes) return put(bytes);
  pieces_.push_back({bytes.data(), bytes.size()});
}

std::size_t Connection::gather(std::span<iovec> parts) const {
  std::size_t count = 0;
  std::size_t copied_at = copied_sent_;
  for (std::size_t i = pieces_sent_; i < pieces_.size() && count < parts.size(); ++i) {
    const Piece& piece = pieces_[i];
    const char* from = piece.shared != nullptr ? piece.shared : copied_.data() + copied_at;
    if (piece.shared == nullptr) copied_at += piece.size;
    parts[count++] = {const_cast<char*>(from), piece.size};
  }
  return count;
}

void Connection::wrote(std::size_t size_bytes) {
  while (size_bytes > 0) {
    Piece& piece = pieces_[pieces_sent_];
    const std::size_t taken = std::min(size_bytes, piece.size);
    if (piece.shared != nullptr) {
      piece.shared += taken;
    } else {
      copied_sent_ += taken;
    }
    piece.size -= taken;
    size_bytes -= taken;
    if (piece.size == 0) ++pieces_sent_;
  }
  if (pieces_sent_ < pieces_.size()) return;
  pieces_.clear();
  copied_.clear();
  pieces_sent_ = copied_sent_ = 0;
}

bool Connection::flush() {
  std::array<iovec, 64> parts;
  waits_to_write_ = false;
  while (pieces_sent_ < pieces_.size()) {
    const std::size_t count = gather(parts);
    const std::ptrdiff_t written = socket_.write({parts.data(), count});
    if (written == Socket::kClosed) return fail("writing failed"), false;
    if (written == Socket::kWouldBlock) {
      waits_to_write_ = true;
      return true;
    }
    wrote(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace bench
