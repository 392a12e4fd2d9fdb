#pragma once

#include <string>
#include <vector>

namespace parlance::app {

/// Rows of cells, the titles first, in columns as wide as their widest cell: the first one to the left, the
/// others to the right. Rows are as long as the first (checked). `indent` spaces before each.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::size_t indent = 0);

}  // namespace parlance::app
