#include "http2/header_field.h"

namespace parlance::http2 {
namespace {

/// Every name that has a token has one of these lengths; at most four names share one.
HeaderToken regular_token(std::string_view name) {
  switch (name.size()) {
    case 2:
      if (name == "te") return HeaderToken::kTe;
      break;
    case 7:
      if (name == "upgrade") return HeaderToken::kUpgrade;
      break;
    case 10:
      if (name == "user-agent") return HeaderToken::kUserAgent;
      if (name == "connection") return HeaderToken::kConnection;
      if (name == "keep-alive") return HeaderToken::kKeepAlive;
      break;
    case 11:
      if (name == "grpc-status") return HeaderToken::kGrpcStatus;
      break;
    case 12:
      if (name == "content-type") return HeaderToken::kContentType;
      if (name == "grpc-timeout") return HeaderToken::kGrpcTimeout;
      if (name == "grpc-message") return HeaderToken::kGrpcMessage;
      break;
    case 13:
      if (name == "grpc-encoding") return HeaderToken::kGrpcEncoding;
      break;
    case 14:
      if (name == "content-length") return HeaderToken::kContentLength;
      break;
    case 16:
      if (name == "proxy-connection") return HeaderToken::kProxyConnection;
      break;
    case 17:
      if (name == "transfer-encoding") return HeaderToken::kTransferEncoding;
      break;
    case 20:
      if (name == "grpc-accept-encoding") return HeaderToken::kGrpcAcceptEncoding;
      break;
    case 23:
      if (name == "grpc-status-details-bin") return HeaderToken::kGrpcStatusDetailsBin;
      break;
  }
  return HeaderToken::kOther;
}

HeaderToken pseudo_token(std::string_view name) {
  if (name == ":path") return HeaderToken::kPath;
  if (name == ":method") return HeaderToken::kMethod;
  if (name == ":scheme") return HeaderToken::kScheme;
  if (name == ":status") return HeaderToken::kStatus;
  if (name == ":authority") return HeaderToken::kAuthority;
  if (name == ":protocol") return HeaderToken::kProtocol;
  return HeaderToken::kOtherPseudo;
}

}  // namespace

HeaderToken header_token(std::string_view name) {
  return name.starts_with(':') ? pseudo_token(name) : regular_token(name);
}

}  // namespace parlance::http2
