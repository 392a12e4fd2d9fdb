#pragma once

#include <string>
#include <vector>

namespace parlance::models {

/// What xgrammar warns of on this thread while one of these lives, the innermost of them. Its warnings say
/// what of a schema it does not hold texts to. Without one they go nowhere.
class XgrammarWarnings {
 public:
  XgrammarWarnings();
  ~XgrammarWarnings();
  XgrammarWarnings(const XgrammarWarnings&) = delete;
  XgrammarWarnings& operator=(const XgrammarWarnings&) = delete;

  const std::vector<std::string>& all() const { return all_; }
  void add(std::string warning) { all_.push_back(std::move(warning)); }

 private:
  XgrammarWarnings* const outer_;
  std::vector<std::string> all_;
};

/// The words of an exception of xgrammar, without the place in its sources and the condition in C++.
std::string words_of(const std::exception& exception);

}  // namespace parlance::models
