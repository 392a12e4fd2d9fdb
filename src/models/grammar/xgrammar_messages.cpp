#include "models/grammar/xgrammar_messages.h"

#include <support/logging.h>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace parlance::models {
namespace {

thread_local XgrammarWarnings* listening = nullptr;

constexpr std::size_t kMostWords = 500;

}  // namespace

XgrammarWarnings::XgrammarWarnings() : outer_(std::exchange(listening, this)) {}
XgrammarWarnings::~XgrammarWarnings() { listening = outer_; }

std::string words_of(const std::exception& exception) {
  const auto* fatal = dynamic_cast<const xgrammar::LogFatalError*>(&exception);
  // what() of that class has the time and the file; its base's has not.
  std::string_view words = fatal != nullptr ? fatal->std::runtime_error::what() : exception.what();
  constexpr std::string_view kCondition = " is false: ";
  if (const auto at = words.find(kCondition); words.starts_with("Check failed: ") && at != words.npos)
    words.remove_prefix(at + kCondition.size());
  words = words.substr(0, kMostWords);
  while (words.ends_with('\n') || words.ends_with(' ')) words.remove_suffix(1);
  return std::string{words};
}

}  // namespace parlance::models

namespace xgrammar {

void LogFatalImpl(const std::string& file, int lineno, const std::string& message) {
  throw LogFatalError{file, lineno, message};
}

void LogMessageImpl(const std::string&, int, int level, const std::string& message) {
  if (level == XGRAMMAR_LOG_LEVEL_WARNING && parlance::models::listening != nullptr)
    parlance::models::listening->add(message);
}

}  // namespace xgrammar
