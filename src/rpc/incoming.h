#pragma once

#include <exception>
#include <memory>

#include "rpc/codec.h"
#include "rpc/message_pool.h"
#include "wire/parsed.h"

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

/// A received message: owns the bytes, and parses them on first use into a message of the thread's pool,
/// which keeps the memory of its strings and fields for the next one.
///
/// Reading through `*` or `->` throws MessageError when the bytes are no valid `T`; `parse()` returns that as
/// a value. The message lives as long as the Incoming. Move it where it is needed; it is not copied. Not for
/// concurrent use.
template <typename T>
class Incoming {
 public:
  explicit Incoming(Buffer bytes, bool was_compressed = false)
      : bytes_(std::move(bytes)), was_compressed_(was_compressed) {}
  Incoming(Incoming&& other) noexcept = default;
  Incoming& operator=(Incoming&& other) noexcept = default;
  ~Incoming() { message_.give_back(bytes_.size()); }

  const T& operator*() { return get(); }
  const T* operator->() { return &get(); }

  /// INTERNAL (MESSAGE_NOT_PARSABLE) when the bytes are no valid `T`.
  Result<const T*> parse() {
    if (message_.has_value()) return &*message_;
    T& message = message_.emplace();
    if (!Codec<T>::parse(message, bytes_)) {
      const Status error = detail::unparsable("server", Codec<T>::type_name(message), bytes_.size());
      message_.give_back(bytes_.size());
      return std::unexpected(error);
    }
    return &message;
  }

  /// The message's bytes, decompressed.
  const Buffer& bytes() const { return bytes_; }
  /// Whether the message came compressed.
  bool was_compressed() const { return was_compressed_; }

 private:
  const T& get() {
    if (message_.has_value()) [[likely]]
      return *message_;
    Result<const T*> message = parse();
    if (!message) throw MessageError{std::move(message.error())};
    return **message;
  }

  Buffer bytes_;
  bool was_compressed_;
  detail::PooledMessage<T> message_;
};

/// A message read where it lies: owns the bytes, which are checked when they arrive. A unary or
/// server-streaming call whose request is not valid ends before its handler begins; of a request stream, `*`
/// and `->` throw MessageError as they do for messages of libprotobuf, and `parse()` returns it.
///
/// What the view gives (strings, spans, nested views) lives as long as the Incoming. Move it where it is
/// needed.
template <wire::View T>
class Incoming<T> {
 public:
  /// `hop` is who received the message, for errors.
  explicit Incoming(Buffer bytes, bool was_compressed = false, std::string_view hop = "server")
      : bytes_(std::move(bytes)), was_compressed_(was_compressed) {
    const wire::Fault fault = parsed_.parse(bytes_.bytes());
    if (fault.why == nullptr) [[likely]]
      return;
    error_ = std::make_unique<Status>(
        detail::unparsable(hop, T::kSchema.name, bytes_.size(), wire::to_string(fault)));
  }

  const T& operator*() const { return *get(); }
  const T* operator->() const { return get(); }

  /// INTERNAL (MESSAGE_NOT_PARSABLE), with the field and its place, when the bytes are no valid message.
  Result<const T*> parse() const {
    if (error_ != nullptr) return std::unexpected(*error_);
    return &*parsed_;
  }

  const Buffer& bytes() const { return bytes_; }
  bool was_compressed() const { return was_compressed_; }

 private:
  const T* get() const {
    if (error_ != nullptr) throw MessageError{*error_};
    return &*parsed_;
  }

  Buffer bytes_;
  bool was_compressed_;
  wire::Parsed<T> parsed_;
  std::unique_ptr<Status> error_;
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
