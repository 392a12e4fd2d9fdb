#pragma once

#include <string>

#include "base/status.h"
#include "parlance/inference.views.h"
#include "rpc/reader_writer.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "text/generate.h"
#include "text/resumable_streams.h"

namespace parlance::dialects::inference {

// Request metadata. The first asks for a stream that can be resumed; whose token the answer's initial
// metadata have under kResumeToken. A call that gives the token back goes on with that stream behind the
// token of the number kResumeAfter (from 1 on; absent: 0, the beginning), whatever its message says.
inline constexpr std::string_view kResumable = "x-parlance-resumable";
inline constexpr std::string_view kResumeToken = "x-parlance-resume-token";
inline constexpr std::string_view kResumeAfter = "x-parlance-resume-after";

/// Whether the call asks for a stream that can be resumed.
bool wants_resumable(const ServerCall& call);
/// Whether the call resumes one.
bool resumes(const ServerCall& call);

/// A stream of `generation`, read by this call first; a connection that is lost does not end it. When as many
/// are kept as may be, the stream has no token and ends with the call.
Task<Status> generate_resumable(ServerCall& call, text::ResumableStreams& streams,
                                text::Generation generation, std::string request_id,
                                Writer<::inference::GenerateTokenFields>& out);

/// Goes on with a stream. INVALID_ARGUMENT for a number that is none; else as ResumableStreams::find() and
/// ResumableReader::status().
Task<Status> resume(ServerCall& call, text::ResumableStreams& streams,
                    Writer<::inference::GenerateTokenFields>& out);

/// The tokens of a generation as they come, to its end or the call's.
Task<Status> send_tokens(text::Generation& generation, std::string_view request_id,
                         Writer<::inference::GenerateTokenFields>& out);

}  // namespace parlance::dialects::inference
