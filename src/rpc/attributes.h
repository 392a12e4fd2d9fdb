#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace parlance {

/// What interceptors know of a call and pass on to those further in and to the handler: at most one value of
/// each type, found by its type. Empty ones own no memory. For a handful of values: finding one looks at
/// each.
///
///   call.attributes().set(Caller{.subject = "alice"});
///   if (const Caller* caller = call.attributes().find<Caller>()) …
class Attributes {
 public:
  /// Keeps `value`, in place of the one of this type that may be there. References to other values stay good.
  template <typename T>
  T& set(T value) {
    auto kept = std::make_unique<Holder<T>>(std::move(value));
    T& reference = kept->value;
    for (Entry& entry : entries_) {
      if (entry.type == &kTypeOf<T>) return entry.holder = std::move(kept), reference;
    }
    entries_.push_back({&kTypeOf<T>, std::move(kept)});
    return reference;
  }

  /// The value of that type, or null.
  template <typename T>
  T* find() {
    for (Entry& entry : entries_) {
      if (entry.type == &kTypeOf<T>) return &static_cast<Holder<T>&>(*entry.holder).value;
    }
    return nullptr;
  }
  template <typename T>
  const T* find() const {
    return const_cast<Attributes*>(this)->find<T>();
  }

 private:
  struct HolderBase {
    virtual ~HolderBase() = default;
  };
  template <typename T>
  struct Holder final : HolderBase {
    explicit Holder(T given) : value(std::move(given)) {}
    T value;
  };
  struct Entry {
    const void* type;
    std::unique_ptr<HolderBase> holder;
  };
  // Its address stands for the type. Not const: constants of equal value may be folded into one.
  template <typename T>
  static inline char kTypeOf = 0;

  std::vector<Entry> entries_;
};

}  // namespace parlance
