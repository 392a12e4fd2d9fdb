#include "dialects/torchserve/form.h"

#include <algorithm>
#include <optional>

#include "base/concat.h"
#include "base/trimmed.h"
#include "dialects/torchserve/exceptions.h"

namespace parlance::dialects::torchserve {
namespace {

constexpr std::size_t kMostParts = 64;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::unexpected<Status> bad_form(std::string_view why) {
  return std::unexpected{thrown(Exception::kBadRequest, concat("the form cannot be read: ", why))};
}

char lower(char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each; }

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::ranges::equal(text.substr(0, word.size()), word, {}, lower);
}

/// Takes what stands before `mark`, and the mark, off the front of `text`; all of it without one.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const std::size_t end = text.find(mark);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + mark.size());
  return taken;
}

/// Of `form-data; name="data"; filename="a;b"`.
std::optional<std::string_view> parameter(std::string_view header, std::string_view name) {
  take_until(header, ";");
  while (!header.empty()) {
    const std::string_view key = trimmed(take_until(header, "="));
    const bool is_quoted = header.starts_with('"');
    if (is_quoted) header.remove_prefix(1);
    const std::string_view value = is_quoted ? take_until(header, "\"") : trimmed(take_until(header, ";"));
    if (is_quoted) take_until(header, ";");
    if (key.size() == name.size() && starts_with_word(key, name)) return value;
  }
  return {};
}

/// What the head of a part calls it.
std::optional<std::string_view> name_in(std::string_view head) {
  constexpr std::string_view kDisposition = "content-disposition:";
  while (!head.empty()) {
    const std::string_view line = take_until(head, kLineEnd);
    if (starts_with_word(line, kDisposition)) return parameter(line.substr(kDisposition.size()), "name");
  }
  return {};
}

}  // namespace

bool is_form(std::string_view content_type) { return starts_with_word(content_type, "multipart/form-data"); }

Result<std::map<std::string, std::string_view>> read_form(std::string_view content_type,
                                                          std::string_view body) {
  const std::string_view boundary = parameter(content_type, "boundary").value_or("");
  if (boundary.empty()) return bad_form("its Content-Type has no boundary");
  const std::string delimiter = concat(kLineEnd, "--", boundary);
  if (body.starts_with(delimiter.substr(kLineEnd.size())))
    body.remove_prefix(delimiter.size() - kLineEnd.size());
  else
    take_until(body, delimiter);
  std::map<std::string, std::string_view> parts;
  for (std::size_t count = 0; !body.starts_with("--"); ++count) {
    if (count == kMostParts) return bad_form(concat("it has more than ", kMostParts, " parts"));
    const std::size_t head_end = body.find(kHeadEnd);
    const std::size_t end = body.find(delimiter, head_end);
    if (head_end == std::string_view::npos || end == std::string_view::npos) return bad_form("it is cut off");
    const std::string_view head = body.substr(0, head_end);
    const std::size_t content = head_end + kHeadEnd.size();
    if (end < content) return bad_form("a part has no content");
    const std::optional<std::string_view> name = name_in(head);
    if (!name) return bad_form("a part has no name");
    parts.try_emplace(std::string{*name}, body.substr(content, end - content));
    body.remove_prefix(end + delimiter.size());
  }
  return parts;
}

}  // namespace parlance::dialects::torchserve
