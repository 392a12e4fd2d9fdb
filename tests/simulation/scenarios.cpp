#include "scenarios.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/concat.h"
#include "world.h"

namespace parlance::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMostBytes = 200'000;
// A body takes at most about so many rounds of credit.
constexpr std::size_t kMostRounds = 40;

// The smallest windows make every body wait for credit.
http2::Limits random_limits(Simulation& simulation) {
  const auto size = [&](std::size_t least, std::size_t most) {
    return static_cast<std::uint32_t>(simulation.size_between(least, most));
  };
  http2::Limits limits;
  limits.max_concurrent_streams = size(1, 100);
  limits.header_table_bytes = simulation.chance(0.5) ? limits.header_table_bytes : size(1, 4096) - 1;
  limits.max_frame_bytes = size(16'384, 64 * 1024);
  limits.initial_stream_window_bytes = size(1, 64 * 1024);
  limits.initial_connection_window_bytes = size(64 * 1024, 1024 * 1024);
  limits.max_window_bytes = size(limits.initial_connection_window_bytes, 4 * 1024 * 1024);
  limits.send_low_water_bytes = size(1, 32 * 1024);
  return limits;
}

WorldOptions random_world(Simulation& simulation) {
  WorldOptions options{.servers = 1 + simulation.below(2), .clients = 1 + simulation.below(3)};
  options.server.http2 = random_limits(simulation);
  options.channel.http2 = random_limits(simulation);
  options.server.send_high_water_bytes = simulation.size_between(1, 64 * 1024);
  options.channel.send_high_water_bytes = simulation.size_between(1, 64 * 1024);
  options.weather.most_delay = simulation.between(milliseconds{1}, milliseconds{100});
  options.weather.least_buffer_bytes = simulation.size_between(256, 16 * 1024);
  options.weather.partial = simulation.chance(0.5) ? 0 : 0.5;
  return options;
}

std::string_view random_policy(Simulation& simulation) {
  static constexpr std::array<std::string_view, 5> kPolicies{
      "pick_first", "round_robin", "least_request_experimental", "weighted_round_robin",
      "ring_hash_experimental"};
  return kPolicies[simulation.below(kPolicies.size())];
}

// `method`: JSON fields of the one methodConfig.
ServiceConfig config_of(std::string_view policy, std::string_view method) {
  const auto config = ServiceConfig::parse(concat(R"({"loadBalancingConfig":[{")", policy,
                                                  R"(":{}}],"methodConfig":[{"name":[{}])", method, "}]}"));
  require(config.has_value(), config ? "" : config.error().c_str());
  return *config;
}

// Of a call's messages each way: beyond the windows, and no more than takes a while.
std::size_t most_bytes(const WorldOptions& options) {
  const std::size_t window_bytes = std::min(options.server.http2.initial_stream_window_bytes,
                                            options.channel.http2.initial_stream_window_bytes);
  return std::min(kMostBytes, 500 + kMostRounds * std::min(window_bytes, options.weather.least_buffer_bytes));
}

void expect_all_ok(Simulation& simulation, const World& world) {
  for (const auto& [number, record] : world.book().records()) {
    if (!record.status.ok()) {
      simulation.violated(concat("call ", number, " failed: ", record.status.to_string()));
    }
  }
}

CallPlan plan_in_a_storm(Simulation& simulation, std::size_t most_bytes) {
  CallPlan plan = random_plan(simulation, most_bytes);
  if (simulation.chance(0.9)) plan.timeout = simulation.between(milliseconds{1}, seconds{20});
  if (simulation.chance(0.2)) plan.cancel_after = simulation.between(milliseconds{1}, seconds{2});
  if (simulation.chance(0.3)) plan.failures = static_cast<int>(simulation.below(5));
  plan.wait_for_ready = simulation.chance(0.3);
  return plan;
}

void expect_possible_ends(Simulation& simulation, const World& world) {
  for (const auto& [number, record] : world.book().records()) {
    const StatusCode code = record.status.code();
    const bool cancelled = code == StatusCode::kCancelled && record.plan.cancel_after > Duration::zero();
    const bool late = code == StatusCode::kDeadlineExceeded && !record.deadline.is_never();
    if (!record.status.ok() && code != StatusCode::kUnavailable && !cancelled && !late) {
      simulation.violated(concat("call ", number, " cannot end so: ", record.status.to_string()));
    }
  }
}

// Connections broken or silent by then cost a try each, and no more.
void expect_recovery(Simulation& simulation, World& world) {
  world.network().calm();
  for (std::size_t client = 0; client < world.client_count(); ++client) {
    bool ok = false;
    for (int tries = 0; !ok && tries < 4; ++tries) {
      const CallRecord& record =
          world.call(client, {.requests_bytes = {10}, .responses_bytes = {10}, .wait_for_ready = true});
      world.wait_for_calls(hours{1});
      ok = record.status.ok();
    }
    if (!ok) simulation.violated(concat("client ", client, " does not recover"));
  }
}

// Calls of one client, one after another, when every address has had the time to be connected to.
void expect_spread(Simulation& simulation, World& world, std::string_view policy) {
  constexpr std::size_t kRounds = 3;
  const auto call = [&] {
    const CallRecord& record = world.call(0, {.requests_bytes = {10}, .responses_bytes = {10}});
    world.wait_for_calls(hours{1});
    return record.server;
  };
  call();
  simulation.run_for(minutes{1});
  std::vector<std::size_t> taken(world.server_count());
  for (std::size_t i = 0; i < kRounds * world.address_count(); ++i) ++taken[call()];
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const bool even = taken[i] == kRounds * world.server(i).addresses().size();
    const bool all_or_none = taken[i] == 0 || taken[i] == kRounds * world.address_count();
    if ((policy == "round_robin" && !even) || (policy == "pick_first" && !all_or_none)) {
      simulation.violated(concat("server ", i, " took ", taken[i], " calls by ", policy));
    }
  }
}

}  // namespace

void flow_control(Simulation& simulation) {
  const WorldOptions options = random_world(simulation);
  World world{simulation, options};
  const std::size_t calls = 1 + simulation.below(8);
  world.call_at_random(calls, milliseconds{500},
                       [&] { return random_plan(simulation, most_bytes(options)); });
  expect_all_ok(simulation, world);
  world.end();
}

void deadlines(Simulation& simulation) {
  WorldOptions options = random_world(simulation);
  options.weather.refuse = 0.1;
  options.weather.ignore = 0.1;
  options.weather.cut = 0.4;
  options.weather.black_hole = 0.2;
  options.channels_know_all = simulation.chance(0.5);
  options.channel.service_config = config_of(random_policy(simulation), "");
  if (simulation.chance(0.5)) options.channel.keepalive.time = seconds{10};
  if (simulation.chance(0.5)) options.server.keepalive.time = seconds{10};
  World world{simulation, options};
  for (std::uint64_t steps = simulation.below(3); steps > 0; --steps) {
    simulation.after(simulation.between({}, seconds{30}),
                     [&, time = simulation.between({}, seconds{30})] { simulation.step_clock(time); });
  }
  const std::size_t calls = 1 + simulation.below(30);
  world.call_at_random(calls, seconds{30},
                       [&] { return plan_in_a_storm(simulation, most_bytes(options) / 4); });
  expect_possible_ends(simulation, world);
  expect_recovery(simulation, world);
  world.end();
}

void cancellation(Simulation& simulation) {
  const WorldOptions options = random_world(simulation);
  World world{simulation, options};
  world.book().expect_cancellation_within(minutes{1});
  const std::size_t calls = 1 + simulation.below(15);
  world.call_at_random(calls, seconds{5}, [&] {
    CallPlan plan = random_plan(simulation, most_bytes(options) / 4);
    if (simulation.chance(0.8)) plan.handler_pause = hours{2};
    (simulation.chance(0.5) ? plan.cancel_after : plan.timeout) =
        simulation.between(milliseconds{1}, seconds{10});
    return plan;
  });
  expect_possible_ends(simulation, world);
  world.end();
}

void drain(Simulation& simulation) {
  const WorldOptions options = random_world(simulation);
  World world{simulation, options};
  simulation.after(simulation.between({}, seconds{2}), [&] { world.server(0).shutdown(hours{24}); });
  const std::size_t calls = 1 + simulation.below(20);
  world.call_at_random(calls, seconds{3}, [&] { return random_plan(simulation, most_bytes(options) / 4); });
  for (const auto& [number, record] : world.book().records()) {
    if (!record.status.ok() && record.handlers_begun > 0) {
      simulation.violated(concat("call ", number, " was taken and then lost: ", record.status.to_string()));
    }
  }
  simulation.run_until([&] { return world.server(0).ended(); }, hours{1}, "the end of the drained server");
  world.end();
}

void retries(Simulation& simulation) {
  WorldOptions options = random_world(simulation);
  options.channels_know_all = simulation.chance(0.5);
  World world{simulation, options};
  // Few enough calls that the tokens of the retries last (RetryThrottling).
  const std::size_t calls = 1 + simulation.below(12);
  world.call_at_random(calls, seconds{5}, [&] {
    CallPlan plan = random_plan(simulation, most_bytes(options) / 4);
    plan.failures = static_cast<int>(simulation.below(4));
    return plan;
  });
  expect_all_ok(simulation, world);
  world.end();
}

void hedging(Simulation& simulation) {
  WorldOptions options = random_world(simulation);
  options.channels_know_all = true;
  const auto delay = std::chrono::duration<double>{simulation.between({}, seconds{1})};
  const std::string method =
      concat(R"(,"hedgingPolicy":{"maxAttempts":4,"hedgingDelay":")", std::to_string(delay.count()),
             R"(s","nonFatalStatusCodes":["UNAVAILABLE"]})");
  options.channel.service_config = config_of("round_robin", method);
  World world{simulation, options};
  world.book().allow_hedges();
  const std::size_t calls = 1 + simulation.below(12);
  world.call_at_random(calls, seconds{5}, [&] {
    CallPlan plan = random_plan(simulation, most_bytes(options) / 8);
    plan.failures = static_cast<int>(simulation.below(4));
    return plan;
  });
  expect_all_ok(simulation, world);
  world.end();
}

void balancing(Simulation& simulation) {
  const std::string_view policy = random_policy(simulation);
  WorldOptions options = random_world(simulation);
  options.servers = 2 + simulation.below(3);
  options.channels_know_all = true;
  options.channel.service_config = config_of(policy, "");
  World world{simulation, options};
  const auto plan = [&] { return random_plan(simulation, most_bytes(options) / 8); };
  world.call_at_random(1 + simulation.below(15), seconds{5}, plan);
  expect_spread(simulation, world, policy);
  simulation.after(simulation.between({}, seconds{2}), [&] { world.server(0).shutdown(hours{24}); });
  world.call_at_random(1 + simulation.below(15), seconds{4}, plan);
  expect_all_ok(simulation, world);
  world.end();
}

void connection_age(Simulation& simulation) {
  WorldOptions options = random_world(simulation);
  options.server.max_connection_age = simulation.between(milliseconds{200}, seconds{2});
  if (simulation.chance(0.5))
    options.server.max_connection_idle = simulation.between(milliseconds{50}, seconds{1});
  World world{simulation, options};
  const std::size_t calls = 1 + simulation.below(30);
  world.call_at_random(calls, seconds{10}, [&] { return random_plan(simulation, most_bytes(options) / 8); });
  expect_all_ok(simulation, world);
  world.end();
}

}  // namespace parlance::simulation
