#include "net/memory_stream.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace parlance::net {

/// Whom one end tells that it can read or write on; touched on that end's loop alone.
class MemoryStream::Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  using Call = void (Observer::*)();

  explicit Watcher(LoopHandle loop) : loop_(std::move(loop)) {}

  // True when nothing was outstanding yet.
  bool ask_to_read(Observer& observer) { return std::exchange(reader_, &observer) == nullptr; }
  bool ask_to_write(Observer& observer) { return std::exchange(writer_, &observer) == nullptr; }
  void close() { reader_ = writer_ = nullptr; }

  // From any thread.
  void tell_reader() {
    loop_.post([self = shared_from_this()] {
      if (Observer* reader = std::exchange(self->reader_, nullptr)) reader->on_readable();
    });
  }
  void tell_writer() {
    loop_.post([self = shared_from_this()] {
      if (Observer* writer = std::exchange(self->writer_, nullptr)) writer->on_writable();
    });
  }

 private:
  const LoopHandle loop_;
  Observer* reader_ = nullptr;
  Observer* writer_ = nullptr;
};

/// One direction. Shared by two loops, so behind a mutex.
class MemoryStream::Pipe {
 public:
  explicit Pipe(std::size_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  IoResult write(std::span<const iovec> parts) {
    const std::lock_guard lock{mutex_};
    if (reader_gone_ || ended_) return {.error = {EPIPE, std::system_category()}};
    std::size_t written = 0;
    for (const iovec& part : parts) {
      const std::size_t size = std::min(part.iov_len, capacity_bytes_ - held_bytes());
      const auto* data = static_cast<const std::byte*>(part.iov_base);
      bytes_.insert(bytes_.end(), data, data + size);
      written += size;
    }
    tell(waiting_reader_, &Watcher::tell_reader);
    return {.size_bytes = written, .would_block = written == 0 && !parts.empty()};
  }

  IoResult read(MutableBytes into) {
    const std::lock_guard lock{mutex_};
    if (held_bytes() == 0) return {.would_block = !ended_, .closed = ended_};
    const std::size_t size = std::min(into.size(), held_bytes());
    std::memcpy(into.data(), bytes_.data() + read_bytes_, size);
    read_bytes_ += size;
    drop_what_was_read();
    tell(waiting_writer_, &Watcher::tell_writer);
    return {.size_bytes = size};
  }

  void when_readable(const std::shared_ptr<Watcher>& watcher) {
    const std::lock_guard lock{mutex_};
    waiting_reader_ = watcher;
    if (held_bytes() > 0 || ended_) tell(waiting_reader_, &Watcher::tell_reader);
  }

  void when_writable(const std::shared_ptr<Watcher>& watcher) {
    const std::lock_guard lock{mutex_};
    waiting_writer_ = watcher;
    if (held_bytes() < capacity_bytes_ || reader_gone_) tell(waiting_writer_, &Watcher::tell_writer);
  }

  void end() {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    tell(waiting_reader_, &Watcher::tell_reader);
  }

  void drop_reader() {
    const std::lock_guard lock{mutex_};
    reader_gone_ = true;
    bytes_ = {};
    read_bytes_ = 0;
    tell(waiting_writer_, &Watcher::tell_writer);
  }

 private:
  static void tell(std::shared_ptr<Watcher>& waiting, void (Watcher::*told)()) {
    if (const auto watcher = std::exchange(waiting, nullptr)) (*watcher.*told)();
  }

  std::size_t held_bytes() const { return bytes_.size() - read_bytes_; }

  // Moves what is left only once as much was read; an empty pipe holds no memory.
  void drop_what_was_read() {
    if (held_bytes() == 0) {
      bytes_ = {};
      read_bytes_ = 0;
    } else if (read_bytes_ >= capacity_bytes_) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(read_bytes_));
      read_bytes_ = 0;
    }
  }

  const std::size_t capacity_bytes_;
  std::mutex mutex_;
  // All guarded by mutex_.
  std::vector<std::byte> bytes_;
  std::size_t read_bytes_ = 0;  // of bytes_
  std::shared_ptr<Watcher> waiting_reader_;
  std::shared_ptr<Watcher> waiting_writer_;
  bool ended_ = false;
  bool reader_gone_ = false;
};

std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> MemoryStream::make_pair(End one,
                                                                                                End other) {
  auto there = std::make_shared<Pipe>(kCapacityBytes);
  auto back = std::make_shared<Pipe>(kCapacityBytes);
  return {std::unique_ptr<MemoryStream>(new MemoryStream{one, other, back, there}),
          std::unique_ptr<MemoryStream>(new MemoryStream{other, one, there, back})};
}

MemoryStream::MemoryStream(const End& own, const End& other, std::shared_ptr<Pipe> in,
                           std::shared_ptr<Pipe> out)
    : local_(own.name),
      peer_(other.name),
      watcher_(std::make_shared<Watcher>(own.loop)),
      in_(std::move(in)),
      out_(std::move(out)) {}

void MemoryStream::watch_readable(Observer& observer) {
  if (watcher_->ask_to_read(observer)) in_->when_readable(watcher_);
}

void MemoryStream::watch_writable(Observer& observer) {
  if (watcher_->ask_to_write(observer)) out_->when_writable(watcher_);
}

IoResult MemoryStream::read(MutableBytes into) { return in_->read(into); }
IoResult MemoryStream::write(std::span<const iovec> parts) { return out_->write(parts); }
void MemoryStream::shut_down_writing() { out_->end(); }

void MemoryStream::close() {
  watcher_->close();
  out_->end();
  in_->drop_reader();
}

}  // namespace parlance::net
