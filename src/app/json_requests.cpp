#include "app/json_requests.h"

#include <fmt/format.h>

namespace parlance::app {

std::expected<std::optional<Buffer>, std::string> JsonRequests::next() {
  auto document = documents_.next();
  if (!document) return std::unexpected{document.error()};
  if (!*document) return std::nullopt;
  ++count_;
  auto message = messages_.parse(type_, **document);
  if (!message) {
    return std::unexpected{
        fmt::format("request {} (line {}): {}", count_, documents_.line(), message.error())};
  }
  return *std::move(message);
}

std::expected<Buffer, std::string> JsonRequests::only() {
  auto first = next();
  if (!first) return std::unexpected{first.error()};
  auto second = next();
  if (!second) return std::unexpected{second.error()};
  if (*second) return std::unexpected{std::string{"the method takes one request; here are more"}};
  return first->value_or(Buffer{});
}

}  // namespace parlance::app
