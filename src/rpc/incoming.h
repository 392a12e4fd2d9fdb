#pragma once

#include <google/protobuf/arena.h>

#include <exception>
#include <memory>

#include "rpc/codec.h"

namespace parlance {

/// Thrown by Incoming where a message does not parse; the call ends with its status. The one exception the
/// runtime makes of itself: it spares every handler a check that hardly ever fails.
class MessageError : public std::exception {
 public:
  explicit MessageError(Status status) : status_(std::move(status)), text_(status_.to_string()) {}
  const Status& status() const { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  Status status_;
  std::string text_;
};

namespace detail {

/// A protobuf arena lent from the thread's pool, so that the blocks of earlier messages serve later ones.
class ArenaLease {
 public:
  ArenaLease() = default;
  ArenaLease(ArenaLease&&) noexcept = default;
  ArenaLease& operator=(ArenaLease&&) noexcept = default;
  ~ArenaLease();
  google::protobuf::Arena& get();

 private:
  std::unique_ptr<google::protobuf::Arena> arena_;
};

}  // namespace detail

/// A received message: owns the bytes, and parses them on first use into a message on an arena.
///
/// Reading through `*` or `->` throws MessageError when the bytes are no valid `T`; `parse()` returns that as
/// a value. The message lives as long as the Incoming. Move it where it is needed; it is not copied. Not for
/// concurrent use.
template <typename T>
class Incoming {
 public:
  explicit Incoming(Buffer bytes, bool was_compressed = false)
      : bytes_(std::move(bytes)), was_compressed_(was_compressed) {}
  Incoming(Incoming&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        was_compressed_(other.was_compressed_),
        arena_(std::move(other.arena_)),
        message_(std::exchange(other.message_, nullptr)) {}
  Incoming& operator=(Incoming&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(was_compressed_, other.was_compressed_);
    std::swap(arena_, other.arena_);
    std::swap(message_, other.message_);
    return *this;
  }

  const T& operator*() { return *get(); }
  const T* operator->() { return get(); }

  /// INTERNAL (MESSAGE_NOT_PARSABLE) when the bytes are no valid `T`.
  Result<const T*> parse() {
    if (message_ != nullptr) return message_;
    T* message = google::protobuf::Arena::CreateMessage<T>(&arena_.get());
    if (!Codec<T>::parse(*message, bytes_)) {
      return std::unexpected(detail::unparsable("server", Codec<T>::type_name(*message), bytes_.size()));
    }
    return message_ = message;
  }

  /// The message's bytes, decompressed.
  const Buffer& bytes() const { return bytes_; }
  /// Whether the message came compressed.
  bool was_compressed() const { return was_compressed_; }

 private:
  const T* get() {
    Result<const T*> message = parse();
    if (!message) throw MessageError{std::move(message.error())};
    return *message;
  }

  Buffer bytes_;
  bool was_compressed_;
  detail::ArenaLease arena_;
  const T* message_ = nullptr;
};

/// Messages that stay bytes.
template <>
class Incoming<Buffer> {
 public:
  explicit Incoming(Buffer bytes, bool was_compressed = false)
      : bytes_(std::move(bytes)), was_compressed_(was_compressed) {}
  const Buffer& operator*() const { return bytes_; }
  const Buffer* operator->() const { return &bytes_; }
  const Buffer& bytes() const { return bytes_; }
  bool was_compressed() const { return was_compressed_; }

 private:
  Buffer bytes_;
  bool was_compressed_;
};

}  // namespace parlance
