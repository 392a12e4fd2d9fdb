#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"

namespace parlance::services {

/// The answer to one reflection request, from the descriptors of `pool` and the names of the services served.
/// What is not found is an error_response within the answer (NOT_FOUND), a request that asks nothing is one
/// with INVALID_ARGUMENT. A file answer begins with the file asked for and holds every file it imports.
::grpc::reflection::v1::ServerReflectionResponse answer_reflection(
    const ::grpc::reflection::v1::ServerReflectionRequest& request,
    const google::protobuf::DescriptorPool& pool, const std::vector<std::string>& service_names);

}  // namespace parlance::services
