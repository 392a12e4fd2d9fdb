#pragma once

// What the examples share: how they say what holds, and a few helpers.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

#include "base/deadline.h"
#include "rpc/server.h"
#include "words.parlance.h"

namespace guide {

/// Says that the claim holds; ends the program with 1 when it does not.
inline void expect(bool holds, std::string_view claim) {
  std::printf("%s %.*s\n", holds ? "ok   " : "WRONG", static_cast<int>(claim.size()), claim.data());
  if (holds) return;
  std::fflush(stdout);
  std::_Exit(1);  // without the destructors of servers that may be in any state
}

/// The same for "both are equal", with both values when they are not.
template <typename Actual, typename Expected>
void expect_equal(const Actual& actual, const Expected& expected, std::string_view claim) {
  std::ostringstream text;
  text << claim << ": " << actual;
  const bool holds = actual == expected;
  if (!holds) text << ", not " << expected;
  expect(holds, text.str());
}

/// The value of a result that must have one.
template <typename T>
T value_of(parlance::Result<T> result) {
  if (!result) expect(false, result.error().to_string());
  return *std::move(result);
}

inline void start(parlance::Server& server) {
  const parlance::Result<void> started = server.start();
  if (!started) expect(false, started.error().to_string());
}

/// Whether `condition` comes to hold before long.
template <typename Condition>
bool eventually(Condition condition) {
  for (const auto end = parlance::Clock::now() + std::chrono::seconds{60}; parlance::Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return false;
}

/// Something that happens once on another thread.
class Event {
 public:
  void happened() { semaphore_.release(); }
  bool wait() { return semaphore_.try_acquire_for(std::chrono::seconds{60}); }

 private:
  std::binary_semaphore semaphore_{0};
};

inline v1::Text text(std::string words) {
  v1::Text message;
  message.set_text(std::move(words));
  return message;
}

inline v1::Label label(std::string name) {
  v1::Label message;
  message.set_name(std::move(name));
  return message;
}

/// For examples in which the handler is not the point: answers with the text it is asked about.
class Repeater final : public v1::Words::Handler {
  parlance::Task<parlance::Result<v1::Label>> Classify(parlance::ServerCall&,
                                                       parlance::Incoming<v1::Text> request) override {
    co_return label(request->text());
  }
};

}  // namespace guide
