#pragma once

#include "testing/everything.pb.h"
#include "testing/everything.views.h"

namespace parlance::testing_views {

/// Sets in `message` what the view gives, field by field through its accessors, unknown fields included.
void to_message(const testing::EverythingView& view, testing::Everything& message);

/// The bytes that libprotobuf writes of it, map entries by their keys.
std::string deterministic_bytes(const google::protobuf::Message& message);

}  // namespace parlance::testing_views
