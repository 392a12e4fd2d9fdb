#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/status.h"
#include "rpc/service.h"

namespace parlance::detail {

/// Which method a `:path` names. Built before the server starts and read by every loop; never changes then.
class Routes {
 public:
  /// A second service of the same name is a programmer's error (checked).
  void add(std::shared_ptr<Service> service);

  /// The method of "/package.Service/Method", or null.
  const MethodBinding* find(std::string_view path) const;
  /// Why find() gave null: UNIMPLEMENTED with the service or method that is not served, or the path's form.
  Status unknown(std::string_view path) const;

  const std::vector<std::shared_ptr<Service>>& services() const { return services_; }
  std::size_t method_count() const { return methods_.size(); }
  /// The method's path at the place of each number.
  std::vector<std::string> paths() const;

 private:
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<std::shared_ptr<Service>> services_;
  std::unordered_map<std::string, MethodBinding, TextHash, std::equal_to<>> methods_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> names_;
};

}  // namespace parlance::detail
