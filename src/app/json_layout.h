#pragma once

#include <string>
#include <string_view>

namespace parlance::app {

/// `json`, which is right and has no white space between its tokens, laid out for people: what fits on a line
/// of `columns` stands on one, lists of numbers fill lines, everything else is indented by two. Ends with a
/// line's end. No token is changed.
std::string layout_json(std::string_view json, std::size_t columns = 80);

}  // namespace parlance::app
