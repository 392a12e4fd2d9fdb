#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "kserve/grpc_service.pb.h"
#include "models/repository.h"

namespace parlance::dialects::kserve {

/// Every version and where it stands. UNIMPLEMENTED when a repository is named: there is one.
Result<::inference::RepositoryIndexResponse> index(const ::inference::RepositoryIndexRequest& request,
                                                   const models::Repository& repository);

/// Loads all versions that the model's policy asks for, anew; with the parameter `config` by that instead of
/// by the model's own file, until it is loaded without. Takes as long as it takes. INVALID_ARGUMENT for other
/// parameters; UNIMPLEMENTED for file:… ones; else Repository::load().
Status load(const ::inference::RepositoryModelLoadRequest& request, models::Repository& repository);

/// Takes all versions of a model out of service and frees them when nobody uses them any more; returns
/// before. As Triton does, one that is not served is none to unload, and is OK. NOT_FOUND for a model that
/// there is not.
Status unload(const ::inference::RepositoryModelUnloadRequest& request, models::Repository& repository);

}  // namespace parlance::dialects::kserve
