#pragma once

#include <memory>
#include <vector>

#include "testing/everything.views.h"

namespace parlance::testing_views {

/// Keeps what Fields borrow.
class Storage {
 public:
  template <typename T>
  T& keep(T value) {
    auto owned = std::make_shared<T>(std::move(value));
    kept_.push_back(owned);
    return *owned;
  }

 private:
  std::vector<std::shared_ptr<void>> kept_;
};

/// The Fields that write what the view shows; each key of a map once, in order. `storage` and the view's
/// bytes must outlive them.
testing::EverythingFields fields_of(const testing::EverythingView& view, Storage& storage);

}  // namespace parlance::testing_views
