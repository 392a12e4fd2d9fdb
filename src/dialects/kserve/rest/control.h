#pragma once

#include "base/buffer.h"
#include "base/status.h"
#include "edge/http_call.h"
#include "kserve/grpc_service.pb.h"

namespace parlance::dialects::kserve::rest {

// Requests of the extensions that are asked with a small JSON object, or none, as serialised messages. What
// an object lacks is left out, a field that has no meaning is passed over; INVALID_ARGUMENT for one of
// another kind.

/// {"ready": true}: only what is ready.
Result<Buffer> read_index_request(const edge::HttpCall& call);
/// {"parameters": {"config": text, "file:…": text in base64}}
Result<Buffer> read_load_request(const edge::HttpCall& call);
/// {"parameters": {"unload_dependents": bool}}
Result<Buffer> read_unload_request(const edge::HttpCall& call);
/// {"key": text, "offset": number, "byte_size": number}; the region is in the path.
Result<Buffer> read_system_region(const edge::HttpCall& call);
/// {"raw_handle": {"b64": text}, "device_id": number, "byte_size": number}
Result<Buffer> read_cuda_region(const edge::HttpCall& call);
/// {name: text, number or array of texts, null: as it was}; nothing is changed by GET.
Result<Buffer> read_trace_settings(const edge::HttpCall& call);
/// {name: bool, number or text}; null changes nothing.
Result<Buffer> read_log_settings(const edge::HttpCall& call);

// Answers, as Triton's REST API has them.

/// An array of models.
edge::HttpResponse write_index(const ::inference::RepositoryIndexResponse& answer,
                               const edge::HttpCall& call);
/// The configuration itself.
edge::HttpResponse write_config(const ::inference::ModelConfigResponse& answer, const edge::HttpCall& call);
/// An array of regions, by name.
edge::HttpResponse write_system_regions(const ::inference::SystemSharedMemoryStatusResponse& answer,
                                        const edge::HttpCall& call);
edge::HttpResponse write_cuda_regions(const ::inference::CudaSharedMemoryStatusResponse& answer,
                                      const edge::HttpCall& call);
/// An object of texts, and of trace_level, which is an array.
edge::HttpResponse write_trace_settings(const ::inference::TraceSettingResponse& answer,
                                        const edge::HttpCall& call);
edge::HttpResponse write_log_settings(const ::inference::LogSettingsResponse& answer,
                                      const edge::HttpCall& call);

}  // namespace parlance::dialects::kserve::rest
