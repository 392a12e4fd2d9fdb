#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace parlance::http2 {

/// Names that the layers above look at on every call; a field carries its token so that nobody compares
/// strings.
enum class HeaderToken : std::uint8_t {
  kOther,
  kAuthority,  // pseudo-headers, RFC 9113 section 8.3
  kMethod,
  kPath,
  kScheme,
  kStatus,
  kProtocol,     // extended CONNECT, RFC 8441
  kOtherPseudo,  // any other name that begins with ':'
  kConnection,   // connection-specific fields, RFC 9113 section 8.2.2
  kKeepAlive,
  kProxyConnection,
  kTransferEncoding,
  kUpgrade,
  kTe,
  kContentType,
  kContentLength,
  kUserAgent,
  kGrpcTimeout,
  kGrpcEncoding,
  kGrpcAcceptEncoding,
  kGrpcStatus,
  kGrpcMessage,
  kGrpcStatusDetailsBin,
};

/// The token of a lower-case field name.
HeaderToken header_token(std::string_view name);

/// One field of a header section. Borrowed: whoever hands it out says how long the views live.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  HeaderToken token = HeaderToken::kOther;
  /// RFC 7541 section 6.2.3: must be sent on as a literal that no intermediary compresses (secrets).
  bool never_indexed = false;
  /// Received fields: identity of the dynamic-table entry that holds exactly this name and value, never used
  /// again for another one on this connection; 0 when there is none. Lets a reader memoise what it looked up.
  std::uint32_t entry_id = 0;
};

using HeaderFields = std::span<const HeaderField>;

}  // namespace parlance::http2
