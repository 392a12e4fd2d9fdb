#include "scripts.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <vector>

#include "process.h"

namespace bench {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr double kNsPerSecond = 1e9;
// A measurement waits so much longer for its first answer, on a machine that is busy with other things.
constexpr std::int64_t kPatienceNs = 30'000'000'000;

// Warm-up, measurement, end: for the loads that run for a time. Derived scripts open their connections in
// start().
class TimedScript : public Generator::Script {
 public:
  explicit TimedScript(Generator& generator) : generator_(generator) {}

  std::int64_t on_time(std::int64_t now_ns) override {
    if (phase_ends_ns_ == 0) {
      start();
      phase_ends_ns_ = now_ns + static_cast<std::int64_t>(plan().warm_up_s * kNsPerSecond);
    }
    if (now_ns >= phase_ends_ns_) next_phase(now_ns);
    return std::min(std::max(phase_ends_ns_, now_ns), next_call_ns(now_ns));
  }

 protected:
  virtual void start() {
    for (unsigned i = 0; i < plan().connections; ++i) generator_.connect();
  }
  virtual std::int64_t next_call_ns(std::int64_t) { return kNever; }
  const Plan& plan() const { return generator_.plan(); }

  Generator& generator_;

 private:
  void next_phase(std::int64_t now_ns) {
    if (measuring_ && !generator_.meter().any_answer() && now_ns - phase_ends_ns_ < kPatienceNs) return;
    if (measuring_) {
      generator_.meter().end();
      generator_.run_until(now_ns);
      return;
    }
    measuring_ = true;
    generator_.meter().begin();
    phase_ends_ns_ = now_ns + static_cast<std::int64_t>(plan().duration_s * kNsPerSecond);
  }

  bool measuring_ = false;
  std::int64_t phase_ends_ns_ = 0;
};

class ClosedLoop : public TimedScript {
 public:
  explicit ClosedLoop(Generator& generator)
      : TimedScript(generator),
        began_ns_(plan().connections * plan().in_flight),
        messages_(began_ns_.size()) {}

  void on_ready(Connection& connection) override {
    for (unsigned slot = 0; slot < plan().in_flight; ++slot) call(connection, slot);
  }
  void on_message(Connection& connection, unsigned slot) override {
    ++messages_[place(connection, slot)];
    generator_.meter().message();
  }
  void on_end(Connection& connection, unsigned slot) override {
    const std::size_t at = place(connection, slot);
    if (messages_[at] == expected_messages(plan())) {
      generator_.meter().answered(generator_.now() - began_ns_[at]);
    } else {
      generator_.meter().error("an answer of another number of messages");
    }
    call(connection, slot);
  }

 private:
  std::size_t place(const Connection& connection, unsigned slot) const {
    return connection.index * plan().in_flight + slot;
  }
  void call(Connection& connection, unsigned slot) {
    const std::size_t at = place(connection, slot);
    began_ns_[at] = generator_.now();
    messages_[at] = 0;
    connection.call(slot);
  }

  std::vector<std::int64_t> began_ns_;
  std::vector<unsigned> messages_;
};

// Calls are sent when they are due, whatever became of those before, and their latency counts from then.
class OpenLoop final : public TimedScript {
 public:
  explicit OpenLoop(Generator& generator)
      : TimedScript(generator), gap_ns_(static_cast<std::int64_t>(kNsPerSecond / plan().rate)) {}

  void on_ready(Connection& connection) override {
    connections_.push_back(&connection);
    if (due_ns_ == 0) due_ns_ = generator_.now();
  }
  void on_message(Connection&, unsigned) override { generator_.meter().message(); }
  void on_end(Connection&, unsigned slot) override {
    generator_.meter().answered(now_ns() - began_ns_[slot]);
    free_.push_back(slot);
  }

 private:
  // More calls at once than any server that keeps up has.
  static constexpr std::size_t kMostInFlight = 2000;

  std::int64_t next_call_ns(std::int64_t now_ns) override {
    if (due_ns_ == 0) return kNever;
    for (; due_ns_ <= now_ns; due_ns_ += gap_ns_) call();
    return due_ns_;
  }

  void call() {
    if (free_.empty() && began_ns_.size() == kMostInFlight) return generator_.meter().missed();
    if (free_.empty()) {
      free_.push_back(static_cast<unsigned>(began_ns_.size()));
      began_ns_.push_back(0);
    }
    const unsigned slot = free_.back();
    free_.pop_back();
    began_ns_[slot] = due_ns_;
    Connection& connection = *connections_[next_++ % connections_.size()];
    connection.call(slot);
    generator_.touch(connection);
  }

  const std::int64_t gap_ns_;
  std::int64_t due_ns_ = 0;
  std::vector<Connection*> connections_;
  std::size_t next_ = 0;
  std::vector<std::int64_t> began_ns_;  // by slot
  std::vector<unsigned> free_;
};

class MessageStreams final : public TimedScript {
 public:
  using TimedScript::TimedScript;

  void on_ready(Connection& connection) override {
    sent_ns_.resize(plan().connections * plan().streams);
    for (unsigned slot = 0; slot < plan().streams; ++slot) {
      connection.open_stream(slot);
      for (unsigned i = 0; i < plan().in_flight; ++i) send(connection, slot);
    }
  }
  void on_message(Connection& connection, unsigned slot) override {
    std::deque<std::int64_t>& sent = sent_ns_[connection.index * plan().streams + slot];
    generator_.meter().answered(generator_.now() - sent.front());
    sent.pop_front();
    send(connection, slot);
  }
  void on_end(Connection&, unsigned) override { generator_.meter().error("a stream that ended"); }

 private:
  void send(Connection& connection, unsigned slot) {
    sent_ns_[connection.index * plan().streams + slot].push_back(generator_.now());
    connection.send_message(slot);
  }

  std::vector<std::deque<std::int64_t>> sent_ns_;  // by stream
};

class Churn final : public TimedScript {
 public:
  using TimedScript::TimedScript;

  void on_ready(Connection& connection) override { connection.call(0); }
  void on_message(Connection&, unsigned) override { generator_.meter().message(); }
  void on_end(Connection& connection, unsigned) override {
    generator_.meter().answered(generator_.now() - began_ns_[connection.index]);
    if (connection.resumed()) generator_.meter().resumed();
    generator_.close(connection);
    connect();
  }

 private:
  void start() override {
    for (unsigned i = 0; i < plan().connections; ++i) connect();
  }
  void connect() {
    const unsigned index = generator_.connect().index;
    if (began_ns_.size() <= index) began_ns_.resize(index + 1);
    began_ns_[index] = generator_.now();
  }

  std::vector<std::int64_t> began_ns_;  // by connection
};

// Opens everything, a few connections at a time, waits, and looks at the server's memory.
class Idle final : public Generator::Script {
 public:
  explicit Idle(Generator& generator)
      : generator_(generator),
        before_bytes_(static_cast<double>(resident_bytes(generator.plan().server_pid))),
        deadline_ns_(now_ns() + kPatienceNs) {}

  void on_ready(Connection& connection) override {
    if (plan().streams == 0) return connection.call(0);
    for (unsigned slot = 0; slot < plan().streams; ++slot) {
      connection.open_stream(slot);
      connection.send_message(slot);
    }
  }
  void on_message(Connection&, unsigned) override {
    ++answers_;
    generator_.meter().message();
    generator_.meter().answered(0);
  }
  void on_end(Connection&, unsigned) override {
    if (plan().streams > 0) generator_.meter().error("a stream that ended");
  }

  std::int64_t on_time(std::int64_t now_ns) override {
    if (connected_ == 0) generator_.meter().begin();
    const unsigned each = std::max(plan().streams, 1U);
    while (connected_ < plan().connections && connected_ < answers_ / each + kAtOnce) {
      ++connected_;
      generator_.connect();
    }
    const bool complete = answers_ == plan().connections * each;
    if (complete && settled_ns_ == 0)
      settled_ns_ = now_ns + static_cast<std::int64_t>(plan().settle_s * kNsPerSecond);
    if (!complete && now_ns > deadline_ns_) generator_.meter().error("not all were answered");
    if ((complete && now_ns >= settled_ns_) || now_ns > deadline_ns_) finish(now_ns);
    return now_ns + kLookAgainNs;
  }

 private:
  static constexpr unsigned kAtOnce = 50;
  static constexpr std::int64_t kLookAgainNs = 5'000'000;

  void finish(std::int64_t now_ns) {
    const auto grown = static_cast<double>(resident_bytes(plan().server_pid)) - before_bytes_;
    const double of = plan().connections * std::max(plan().streams, 1U);
    generator_.meter().memory(plan().streams == 0 ? "bytes_per_connection" : "bytes_per_stream", grown / of);
    generator_.meter().end();
    generator_.run_until(now_ns);
  }
  const Plan& plan() const { return generator_.plan(); }

  Generator& generator_;
  const double before_bytes_;
  const std::int64_t deadline_ns_;
  unsigned connected_ = 0;
  std::size_t answers_ = 0;
  std::int64_t settled_ns_ = 0;
};

}  // namespace

std::unique_ptr<Generator::Script> make_script(Generator& generator) {
  switch (generator.plan().load) {
    case Load::kClosed:
      return std::make_unique<ClosedLoop>(generator);
    case Load::kOpen:
      return std::make_unique<OpenLoop>(generator);
    case Load::kStreams:
      return std::make_unique<MessageStreams>(generator);
    case Load::kChurn:
      return std::make_unique<Churn>(generator);
    case Load::kIdle:
      return std::make_unique<Idle>(generator);
  }
  return nullptr;
}

}  // namespace bench
