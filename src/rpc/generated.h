#pragma once

// The one header that code made by protoc-gen-parlance includes.

#include "rpc/call_options.h"  // IWYU pragma: export
#include "rpc/channel.h"       // IWYU pragma: export
#include "rpc/client_call.h"   // IWYU pragma: export
#include "rpc/service.h"       // IWYU pragma: export
#include "rpc/task.h"          // IWYU pragma: export
