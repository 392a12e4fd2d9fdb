#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"

// How a service config is read: proto3's JSON form, strictly. Only .cpp files include this.

namespace parlance::detail {

/// The first thing that is wrong with a document; what comes after it is not kept.
class JsonProblem {
 public:
  /// "`path` is `value`; it must be `must`". A value of any length is cut.
  void wrong(std::string_view path, const nlohmann::json& value, std::string_view must);
  /// "`path` is missing; it must be `must`".
  void missing(std::string_view path, std::string_view must);
  void say(std::string text);

  bool found() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

enum class Presence : std::uint8_t { kOptional, kRequired };

struct WholeRange {
  std::uint64_t low = 0;
  std::uint64_t high = std::numeric_limits<std::uint32_t>::max();
};

/// The fields of one JSON object, by their lowerCamelCase names; the original_names are found too, and null
/// is as good as absent. A field that is there and wrong, or required and missing, is told to the problem and
/// gives nothing.
class JsonFields {
 public:
  /// `path` is what the object is called in messages: "methodConfig[0]"; empty for the document itself. All
  /// three outlive this. An `object` that is none is told to the problem.
  JsonFields(const nlohmann::json& object, std::string path, JsonProblem& problem);

  std::optional<bool> boolean(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  /// As a number or, as proto3 writes 64-bit ones, as a text.
  std::optional<std::uint64_t> whole(std::string_view name, WholeRange range,
                                     Presence presence = Presence::kOptional) const;
  std::optional<double> number_above_zero(std::string_view name, Presence presence) const;
  std::optional<double> number_from_zero(std::string_view name) const;
  /// "1.5s". One longer than Duration can say is Duration::max().
  std::optional<Duration> duration(std::string_view name) const;
  std::optional<Duration> duration_above_zero(std::string_view name, Presence presence) const;

  /// Calls `read` with the fields of the object of that name, if there is one.
  void object(std::string_view name, const std::function<void(const JsonFields&)>& read) const;
  using ReadElement = std::function<void(const nlohmann::json& element, const std::string& path)>;
  /// Calls `read` for each element of a list; whether the field is there.
  bool each(std::string_view name, const ReadElement& read) const;
  /// The same, of objects.
  bool each_object(std::string_view name, const std::function<void(const JsonFields&)>& read) const;

  const nlohmann::json* find(std::string_view name) const;
  std::string path_of(std::string_view name) const;
  const std::string& path() const { return path_; }
  const nlohmann::json& json() const { return object_; }
  JsonProblem& problem() const { return problem_; }

 private:
  /// Told when it is required and not there.
  const nlohmann::json* find(std::string_view name, Presence presence, std::string_view must) const;
  void wrong(std::string_view name, const nlohmann::json& value, std::string_view must) const;
  std::optional<double> number(std::string_view name, bool zero_too, Presence presence) const;
  std::optional<Duration> duration(std::string_view name, bool zero_too, Presence presence) const;

  const nlohmann::json& object_;
  std::string path_;
  JsonProblem& problem_;
};

/// A document from text. Nothing, told to the problem with the place, when it is not JSON or nested deeper
/// than any config needs. `what` is its name in messages.
std::optional<nlohmann::json> parse_json(std::string_view text, std::string_view what, JsonProblem& problem);

}  // namespace parlance::detail
