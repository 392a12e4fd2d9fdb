#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "grpc/metadata.h"
#include "rpc/balancing/policy_config.h"

namespace parlance {

/// gRPC connectivity semantics and API (grpc/doc/connectivity-semantics-and-api.md).
enum class Connectivity : std::uint8_t { kIdle, kConnecting, kReady, kTransientFailure, kShutdown };
/// "TRANSIENT_FAILURE", as gRPC writes it.
std::string_view name_of(Connectivity state);

namespace balancing {

/// A backend's number. The channel gives it: an address that stays in the resolver's list keeps its number,
/// and no number is used twice.
using BackendId = std::uint32_t;

/// One address that the resolver found.
struct Backend {
  BackendId id = 0;
  /// "10.0.0.1:50051": what ring_hash hashes.
  std::string address;
};

/// What a backend said of its load (ORCA, xds.data.orca.v3.OrcaLoadReport). Numbers not said are zero.
struct LoadReport {
  double cpu_utilization = 0;
  double memory_utilization = 0;
  double application_utilization = 0;
  double requests_per_second = 0;
  double errors_per_second = 0;
  std::map<std::string, double, std::less<>> named_metrics = {};
  std::map<std::string, double, std::less<>> utilization = {};
  std::map<std::string, double, std::less<>> request_cost = {};
};

/// What a policy may look at to choose a backend for a call.
struct PickArguments {
  /// "/inference.InferenceService/Predict".
  std::string_view method;
  const grpc::Metadata& metadata;
};

/// What becomes of a call that asked for a backend.
struct Pick {
  enum class Kind : std::uint8_t {
    kUse,   // `backend`, which is ready
    kWait,  // asked again after PolicyHost::picks_changed
    kFail,  // with `status`, unless the call waits for ready: then as kWait
  };
  Kind kind = Kind::kWait;
  BackendId backend = 0;
  Status status = {};

  static Pick use(BackendId backend) { return {Kind::kUse, backend, {}}; }
  static Pick wait() { return {}; }
  static Pick fail(Status status) { return {Kind::kFail, 0, std::move(status)}; }
};

/// What a policy asks of its channel. None of these calls back into the policy before it returns.
class PolicyHost {
 public:
  virtual TimePoint now() const = 0;
  /// Connects the backend if it is idle; Policy::on_state tells what becomes of it.
  virtual void connect(BackendId backend) = 0;
  /// The backend's connection is not needed: it is closed once its calls have ended. The backend is idle
  /// then and the policy is not told.
  virtual void release(BackendId backend) = 0;
  /// Looks the names up anew, soon.
  virtual void resolve_again() = 0;
  /// Policy::on_timer is called at `at`, in place of the time asked for before; TimePoint::max(): never.
  virtual void arm(TimePoint at) = 0;
  /// Calls that wait are to pick again, and state() may have changed.
  virtual void picks_changed() = 0;
  /// 64 random bits; from a seed under simulation.
  virtual std::uint64_t random() = 0;

 protected:
  ~PolicyHost() = default;
};

/// Chooses a backend for each call of a channel on one loop. Pure: time and randomness come from the host.
///
/// Each backend goes kIdle → kConnecting → kReady → kIdle (connection lost or told to go), or from
/// kConnecting to kTransientFailure and, when its backoff has passed, to kIdle. A policy that wants it
/// connected then asks again.
class Policy {
 public:
  virtual ~Policy() = default;

  /// The resolver's list, in its order; never empty. New backends are idle until on_state says otherwise, as
  /// it does at once for those that are connected already when a policy takes the place of another. Those
  /// that are gone are told no more; the channel closes them.
  virtual void set_backends(std::span<const Backend> backends) = 0;
  /// `why` says what failed when `state` is kTransientFailure.
  virtual void on_state(BackendId backend, Connectivity state, const Status& why) = 0;
  /// Connects if that waits for a call.
  virtual Pick pick(const PickArguments& arguments) = 0;
  /// The channel's state.
  virtual Connectivity state() const = 0;
  /// Begins to connect though no call asks for it.
  virtual void connect() = 0;

  /// A call was given to `backend`, and ended; `code` as the caller sees it.
  virtual void on_call_started(BackendId /*backend*/) {}
  virtual void on_call_ended(BackendId /*backend*/, StatusCode /*code*/) {}
  /// In the trailers of a call (`out_of_band` false) or by the out-of-band stream.
  virtual void on_load_report(BackendId /*backend*/, const LoadReport& /*report*/, bool /*out_of_band*/) {}
  virtual void on_timer() {}
};

/// `host` outlives the policy.
std::unique_ptr<Policy> make_policy(const PolicyConfig& config, PolicyHost& host);

}  // namespace balancing
}  // namespace parlance
