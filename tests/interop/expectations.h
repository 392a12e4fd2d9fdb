#pragma once

#include <string>
#include <string_view>

#include "base/concat.h"
#include "grpc/testing/test.parlance.h"
#include "test_cases.h"

namespace parlance::interop {

// What the cases are made of: requests of the sizes they name, and checks that throw Failure.

inline constexpr std::int32_t kLargeRequest = 271'828;
inline constexpr std::int32_t kLargeResponse = 314'159;

inline void expect(bool holds, std::string_view what) {
  if (!holds) throw Failure{std::string{what}};
}

inline void expect_status(const Status& status, StatusCode code, std::string_view message = {}) {
  expect(status.code() == code,
         concat("the status is ", status.to_string(), " instead of ", to_string(code)));
  if (!message.empty())
    expect(status.message() == message, concat("the message is '", status.message(), "'"));
}

template <typename Response>
Response value_of(Result<Response> result) {
  if (!result) throw Failure{result.error().to_string()};
  return *std::move(result);
}

template <typename Response>
Status status_of(const Result<Response>& result) {
  return result ? Status{} : result.error();
}

inline void set_body(::grpc::testing::Payload& payload, std::int32_t size) {
  payload.mutable_body()->assign(static_cast<std::size_t>(size), '\0');
}

inline void expect_body(const ::grpc::testing::Payload& payload, std::int32_t size) {
  expect(payload.body() == std::string(static_cast<std::size_t>(size), '\0'),
         concat("the payload is not ", std::to_string(size), " zeros"));
}

inline ::grpc::testing::SimpleRequest simple_request(std::int32_t request_size = kLargeRequest,
                                                     std::int32_t response_size = kLargeResponse) {
  ::grpc::testing::SimpleRequest request;
  request.set_response_size(response_size);
  set_body(*request.mutable_payload(), request_size);
  return request;
}

}  // namespace parlance::interop
