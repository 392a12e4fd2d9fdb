#pragma once

#include <span>
#include <string_view>

namespace parlance::app {

/// The one of `names` that `text` was most likely meant to be: at most a third of its letters differ (two at
/// least may); '-' and '_' are alike. Empty when none is that close.
std::string_view nearest(std::string_view text, std::span<const std::string_view> names);

}  // namespace parlance::app
