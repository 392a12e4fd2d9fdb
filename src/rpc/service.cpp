#include "rpc/service.h"

#include "grpc/error_details.h"

namespace parlance::detail {

Status method_not_served(std::string_view full_method) {
  return grpc::make_error(StatusCode::kUnimplemented, "METHOD_NOT_SERVED",
                          "this server does not serve " + std::string{full_method},
                          {{"hop", "server"}, {"observed", std::string{full_method}}});
}

}  // namespace parlance::detail
