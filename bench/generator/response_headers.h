#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// Decodes the header blocks of responses, those that came before and leave HPACK's table alone from memory.
class ResponseHeaders {
 public:
  ResponseHeaders();
  ~ResponseHeaders();
  ResponseHeaders(const ResponseHeaders&) = delete;
  ResponseHeaders& operator=(const ResponseHeaders&) = delete;

  /// What is wrong with the response, as its headers or trailers say (":status 404", "grpc-status 13"), or
  /// nothing. With `last`, trailers without grpc-status are wrong too.
  const std::string& problem(std::span<const std::byte> block, bool last);

 private:
  struct Known {
    std::string block;
    bool last;
    std::string problem;
  };

  std::string decode(std::span<const std::byte> block, bool last);

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::vector<Known> known_;
  std::string problem_;
};

}  // namespace bench
