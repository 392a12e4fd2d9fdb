#pragma once

#include "base/buffer.h"
#include "base/bytes.h"
#include "wire/schema.h"

namespace parlance::wire {

/// Writes a checked message anew so that a view can show it without memory of its own: the parts of a message
/// that came in several pieces are merged into one, and the values of a repeated scalar field stand packed in
/// one piece. Its meaning, unknown fields included, stays. Senders hardly ever make this necessary ([packed =
/// false] is such a case), so it may cost an allocation and a second pass.
Buffer regular_form(Bytes message, const Schema& schema);

}  // namespace parlance::wire
