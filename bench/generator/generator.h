#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "connection.h"
#include "meter.h"
#include "plan.h"

namespace bench {

/// Opens connections and calls, and turns the socket's events into those of a load (below). One thread,
/// epoll.
class Generator final : Connection::User {
 public:
  /// What is called when; one class a kind of load.
  class Script {
   public:
    virtual ~Script() = default;
    virtual void on_ready(Connection& connection) = 0;
    virtual void on_message(Connection& connection, unsigned slot) = 0;
    virtual void on_end(Connection& connection, unsigned slot) = 0;
    /// Between events; returns when to be called again at the latest.
    virtual std::int64_t on_time(std::int64_t now_ns) = 0;
  };

  explicit Generator(const Plan& plan);
  ~Generator();

  Meter& meter() { return meter_; }
  const Plan& plan() const { return plan_; }
  /// When the events now handled were seen.
  std::int64_t now() const { return now_ns_; }
  Connection& connect();
  /// To be said of a connection that is submitted to from elsewhere than its own events.
  void touch(Connection& connection);
  /// After the events now handled.
  void close(Connection& connection);
  /// Runs the load until run_until().
  void run(Script& script);
  void run_until(std::int64_t time_ns) { until_ns_ = time_ns; }

 private:
  void on_ready(Connection& connection) override;
  void on_message(Connection& connection, unsigned slot, std::string_view message) override;
  void on_end(Connection& connection, unsigned slot, std::string_view why) override;
  void on_gone(Connection& connection, std::string_view why) override;

  void wait(std::int64_t until_ns);
  void flush_touched();

  const Plan plan_;
  std::optional<Tls> tls_;
  int epoll_;
  Meter meter_;
  Script* script_ = nullptr;
  std::int64_t now_ns_ = 0;
  std::int64_t until_ns_ = 0;
  unsigned connections_made_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;  // by Connection::index; null: closed
  std::vector<bool> touched_flags_;
  std::vector<unsigned> touched_;  // to be flushed when the turn ends
  std::vector<unsigned> closing_;
  std::vector<unsigned> free_;
};

}  // namespace bench
