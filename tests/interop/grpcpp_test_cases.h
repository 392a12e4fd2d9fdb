#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace parlance::interop {

/// What a test case found wrong.
class GrpcppFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The cases of gRPC's interop tests on the synchronous API of grpc++: the counterpart of test_cases.h. A
/// case throws GrpcppFailure.
using GrpcppTestCase = std::function<void(const std::shared_ptr<::grpc::Channel>&)>;
const std::map<std::string, GrpcppTestCase>& grpcpp_test_cases();

}  // namespace parlance::interop
