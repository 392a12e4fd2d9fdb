#pragma once

namespace parlance {

/// Among the attributes of a call that is cancelled because its caller said so (RST_STREAM with CANCEL, as
/// clients also send at their deadline), not because the connection was lost, the deadline passed here or the
/// server ends.
struct CancelledByCaller {};

}  // namespace parlance
