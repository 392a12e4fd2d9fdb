#pragma once

#include <openvino/openvino.hpp>

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// An engine; the only way to make one.
ov::Core new_core();

}  // namespace parlance::models::openvino
