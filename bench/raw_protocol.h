#pragma once

#include <google/protobuf/message_lite.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

/// The protocol of the bare reference: messages one after the other, each behind a byte that says which
/// method it is for (0 in answers) and its size, four bytes, the host's order. Answers come in the order of
/// the requests.
namespace bench::raw {

enum class Method : std::uint8_t { kPredict, kBatchPredict, kGenerate };

inline constexpr std::size_t kPrefixBytes = 5;

inline Method method_of(const std::byte* prefix) { return static_cast<Method>(prefix[0]); }

inline std::uint32_t size_of(const std::byte* prefix) {
  std::uint32_t size_bytes = 0;
  std::memcpy(&size_bytes, prefix + 1, sizeof size_bytes);
  return size_bytes;
}

inline void write_prefix(char* at, Method method, std::uint32_t size_bytes) {
  at[0] = static_cast<char>(method);
  std::memcpy(at + 1, &size_bytes, sizeof size_bytes);
}

inline void append(std::string& out, Method method, const google::protobuf::MessageLite& message) {
  const std::size_t size_bytes = message.ByteSizeLong();
  const std::size_t at = out.size();
  out.resize(at + kPrefixBytes + size_bytes);
  write_prefix(out.data() + at, method, static_cast<std::uint32_t>(size_bytes));
  message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(out.data() + at + kPrefixBytes));
}

}  // namespace bench::raw
