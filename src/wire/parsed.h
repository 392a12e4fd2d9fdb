#pragma once

#include <expected>
#include <string>

#include "wire/message.h"
#include "wire/regular.h"

namespace parlance::wire {

/// "field 4 (features) of inference.PredictRequest at byte 17 is cut off"
std::string to_string(const Fault& fault);

/// A view of bytes that were checked to their last: tags, lengths, nested messages, the UTF-8 of strings.
/// What libprotobuf parses, and nothing else, is accepted.
///
///   auto request = wire::Parsed<PredictRequestView>::of(bytes);
///   if (!request) return wire::to_string(request.error());
///   use((*request)->model_name());
///
/// Does not allocate for messages as senders write them. Copies and moves show the same bytes, which must
/// outlive them.
template <View T>
class Parsed {
 public:
  static std::expected<Parsed, Fault> of(Bytes message) {
    Parsed parsed;
    if (const Fault fault = parsed.parse(message); fault.why != nullptr) return std::unexpected(fault);
    return parsed;
  }
  /// The view of an empty message.
  Parsed() = default;

  const T& operator*() const { return view_; }
  const T* operator->() const { return &view_; }

  /// Shows `message` instead; a fault with `why` when it is none.
  Fault parse(Bytes message) {
    view_ = T{};
    Context context{.begin = message.data()};
    if (message.size() > kMaxMessageBytes) return {.why = "is larger than 2 GiB", .schema = &T::kSchema};
    if (!Access::parse(view_, message.data(), message.data() + message.size(), context)) return context.fault;
    if (context.irregular) {
      regular_ = regular_form(message, T::kSchema);
      view_ = Access::trusted<T>(regular_.bytes());
    }
    return {};
  }

 private:
  T view_;
  Buffer regular_;  // when the message as it stands is irregular
};

}  // namespace parlance::wire
