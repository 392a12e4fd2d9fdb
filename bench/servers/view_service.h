#pragma once

#include <memory>

#include "rpc/service.h"

/// The same answers as make_message_service(), read and written with views.
std::shared_ptr<parlance::Service> make_view_service();
