#include "models/backends/python/python_model.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"
#include "models/load_failure.h"

namespace parlance::models::python {
namespace {

// A worker also looks by itself: nobody need be told when a run was given back.
constexpr Duration kLook = std::chrono::seconds{1};
constexpr const char* kStopping = "the server is stopping";

Status worker_died(const std::string& how) {
  return grpc::make_error(StatusCode::kInternal, "WORKER_DIED",
                          concat("Inference failed: the model's worker was lost with the request, and so was "
                                 "the next one: ",
                                 how),
                          {{"hop", "server"}, {"observed", how}});
}

Status no_worker(const std::string& why) {
  return grpc::make_error(StatusCode::kUnavailable, "WORKERS_DOWN",
                          "The model has no worker at the moment: " + why,
                          {{"hop", "server"}, {"observed", why}});
}

Status nobody_waits() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT", "nobody waits for the run any more",
                          {{"hop", "server"}});
}

/// Threads begin with the priority of the one that begins them, which is low while a version is reloaded.
void take_normal_priority() {
  const int normal = getpriority(PRIO_PROCESS, static_cast<id_t>(getpid()));
  setpriority(PRIO_PROCESS, 0, normal);
}

}  // namespace

PythonModel::PythonModel(WorkersOptions options) : options_(std::move(options)) {
  on_stop_.emplace(options_.stop, [this] { end_all(); });
}

Result<std::unique_ptr<PythonModel>> PythonModel::start(WorkersOptions options, unsigned instances) {
  std::unique_ptr<PythonModel> model{new PythonModel{std::move(options)}};
  std::unique_lock lock{model->mutex_};
  for (unsigned i = 0; i < instances; ++i) model->add_place();
  model->changed_.wait(lock, [&] {
    return std::ranges::none_of(model->places_,
                                [](const Place& place) { return place.state == State::kStarting; });
  });
  if (model->alive() > 0) return model;
  const std::string why = model->trouble_;
  lock.unlock();
  return load_failure(why);
}

PythonModel::~PythonModel() {
  on_stop_.reset();
  std::list<Place> places;
  std::deque<Job> jobs;
  {
    const std::lock_guard lock{mutex_};
    watcher_ = {};
    condition_watcher_ = {};
    places.swap(places_);
  }
  end_places(std::move(places));
  jobs.swap(jobs_);
  for (Job& job : jobs) job.done(std::unexpected{no_worker("it is unloaded")});
}

/// The threads find out by themselves.
void PythonModel::end_all() {
  std::deque<Job> jobs;
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    trouble_ = kStopping;
    jobs.swap(jobs_);
    tell();
  }
  end_.raise();
  for (Job& job : jobs) job.done(std::unexpected{no_worker(kStopping)});
}

void PythonModel::end_places(std::list<Place> places) {
  for (const Place& place : places) place.stop.raise();
  for (Place& place : places) place.thread.join();
}

void PythonModel::add_place() {
  Place& place = places_.emplace_back();
  place.thread = std::thread{[this, &place] { work(place); }};
}

// --- what callers ask for ----------------------------------------------------------------------------------

void PythonModel::run(Tensors inputs, RunCompletion done) {
  add_job({.inputs = std::move(inputs), .wanted = {}, .sink = {}, .done = std::move(done)});
}

void PythonModel::run_if_wanted(Tensors inputs, RunIsWanted wanted, RunCompletion done) {
  add_job({.inputs = std::move(inputs), .wanted = std::move(wanted), .sink = {}, .done = std::move(done)});
}

void PythonModel::run_stream(Tensors inputs, std::shared_ptr<OutputSink> sink, RunCompletion done) {
  add_job({.inputs = std::move(inputs), .wanted = {}, .sink = std::move(sink), .done = std::move(done)});
}

void PythonModel::add_job(Job job) {
  std::string why;
  {
    const std::lock_guard lock{mutex_};
    if (!hopeless()) {
      jobs_.push_back(std::move(job));
      work_.raise();
      return;
    }
    why = trouble_;
  }
  job.done(std::unexpected{no_worker(why)});
}

Status PythonModel::set_instances(unsigned count) {
  std::list<Place> superfluous;
  std::unique_lock lock{mutex_};
  const std::size_t before = places_.size();
  while (places_.size() > count) superfluous.splice(superfluous.end(), places_, std::prev(places_.end()));
  while (places_.size() < count) add_place();
  tell();
  changed_.wait(lock, [&] {
    return std::ranges::none_of(places_, [](const Place& place) { return place.state == State::kStarting; });
  });
  const bool failed =
      places_.size() > before && alive() <= before &&
      std::ranges::any_of(places_, [](const Place& place) { return place.state == State::kFailed; });
  const std::string why = trouble_;
  if (failed)
    while (places_.size() > before) superfluous.splice(superfluous.end(), places_, std::prev(places_.end()));
  lock.unlock();
  end_places(std::move(superfluous));
  tell_condition();
  if (failed) return load_failure(why).error();
  return {};
}

void PythonModel::watch_instances(const InstancesChanged& changed) {
  const std::lock_guard lock{mutex_};
  watcher_ = changed;
  tell();
}

Status PythonModel::condition() const {
  const std::lock_guard lock{mutex_};
  return runs_fail() ? no_worker(trouble_) : Status{};
}

void PythonModel::watch_condition(const ConditionChanged& changed) {
  const std::lock_guard lock{mutex_};
  condition_watcher_ = changed;
}

/// Without a lock: who is told asks for the condition.
void PythonModel::tell_condition() {
  ConditionChanged changed;
  {
    const std::lock_guard lock{mutex_};
    const bool failing = runs_fail();
    if (std::exchange(told_failing_, failing) == failing || ending_) return;
    changed = condition_watcher_;
  }
  if (changed) changed();
}

// --- what is so --------------------------------------------------------------------------------------------

unsigned PythonModel::alive() const {
  return static_cast<unsigned>(
      std::ranges::count_if(places_, [](const Place& place) { return place.state == State::kAlive; }));
}

/// Of each, the last attempt to start it has failed: to wait for the next may be to wait for ever.
bool PythonModel::hopeless() const {
  return ending_ ||
         std::ranges::all_of(places_, [](const Place& place) { return place.state == State::kFailed; });
}

bool PythonModel::runs_fail() const { return hopeless() || (losses_ >= kTooManyLosses && alive() == 0); }

/// Where there is no hope runs come, to be told so.
void PythonModel::tell() {
  if (watcher_) watcher_(hopeless() ? 1 : alive());
}

void PythonModel::set_state(Place& place, State state) {
  std::deque<Job> given_up;
  std::string why;
  {
    const std::lock_guard lock{mutex_};
    place.state = state;
    if (hopeless()) given_up.swap(jobs_);
    why = trouble_;
    tell();
    changed_.notify_all();
  }
  tell_condition();
  for (Job& job : given_up) job.done(std::unexpected{no_worker(why)});
}

// --- a worker's thread -------------------------------------------------------------------------------------

void PythonModel::work(Place& place) {
  take_normal_priority();
  Duration next_pause = kFirstPause;
  while (true) {
    if (const std::unique_ptr<Worker> worker = start_worker(place)) {
      if (!serve(place, *worker)) return;
      if (place.losses == 1) next_pause = kFirstPause;
    }
    if (!pause(place, next_pause)) return;
    next_pause = std::min(next_pause * 2, kLongestPause);
  }
}

/// Null when there is none, and that is told.
std::unique_ptr<Worker> PythonModel::start_worker(Place& place) {
  Result<std::unique_ptr<Worker>> worker =
      Worker::start({.command = options_.command,
                     .load = options_.load,
                     .max_output_bytes = options_.config.max_output_mb << 20U,
                     .log = options_.log,
                     .stop = place.stop.fd(),
                     .end = end_.fd()});
  if (!worker) return not_loaded(place, worker.error()), nullptr;
  Result<ModelSays> says = (*worker)->load(options_.config.load_timeout);
  if (!says) return not_loaded(place, says.error(), (*worker)->lost_in_load()), nullptr;
  {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(has_signature_, true)) {
      signature_ = std::move(says->signature);
      streams_ = says->streams;
    } else if (says->signature != signature_ || says->streams != streams_) {
      says = load_failure("its inputs and outputs are not those of its first worker");
    }
  }
  if (!says) return not_loaded(place, says.error()), nullptr;
  place.has_run = false;
  set_state(place, State::kAlive);
  return *std::move(worker);
}

/// A process that is lost while it loads may have been killed by chance; when it happens again and again, or
/// before any was loaded, that is how it is.
void PythonModel::not_loaded(Place& place, const Status& why, bool was_lost) {
  bool by_chance = false;
  {
    const std::lock_guard lock{mutex_};
    if (!ending_) trouble_ = why.message();
    by_chance = was_lost && has_signature_ && ++place.losses < kTooManyLosses;
  }
  set_state(place, by_chance ? State::kLost : State::kFailed);
}

/// Until its process is lost; false when it shall stop.
bool PythonModel::serve(Place& place, Worker& worker) {
  while (true) {
    switch (worker.idle(work_.fd(), kLook)) {
      case Worker::Wake::kStop:
        return false;
      case Worker::Wake::kLost:
        lost(place, worker.ended());
        return true;
      case Worker::Wake::kWork:
        break;
    }
    std::optional<Job> job = take_job();
    if (job && !run_job(place, worker, *std::move(job))) return true;
  }
}

std::optional<PythonModel::Job> PythonModel::take_job() {
  work_.take();
  const std::lock_guard lock{mutex_};
  if (jobs_.empty()) return std::nullopt;
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

/// False when the worker was lost with it.
bool PythonModel::run_job(Place& place, Worker& worker, Job job) {
  if (job.wanted && !job.wanted()) return job.done(std::unexpected{nobody_waits()}), true;
  std::expected<Result<RunOutputs>, Lost> outputs =
      worker.run(job.inputs, signature_, job.sink.get(), options_.config.timeout);
  if (!outputs) {
    lost(place, outputs.error().how);
    give_back(std::move(job), outputs.error().how);
    return false;
  }
  const bool is_first = !std::exchange(place.has_run, true);
  if (*outputs) (*outputs)->is_typical = job.tries == 0 && !is_first && job.sink == nullptr;
  place.losses = 0;
  {
    const std::lock_guard lock{mutex_};
    losses_ = 0;
  }
  job.done(*std::move(outputs));
  return true;
}

void PythonModel::lost(Place& place, const std::string& how) {
  ++place.losses;
  bool was_told_to = false;
  {
    const std::lock_guard lock{mutex_};
    ++losses_;
    was_told_to = ending_;
    if (!ending_) trouble_ = how;
  }
  if (!was_told_to) options_.log(concat("worker lost: ", how));
  set_state(place, State::kLost);
}

/// What has begun to answer cannot begin anew.
void PythonModel::give_back(Job job, const std::string& how) {
  Status why = worker_died(how);
  {
    const std::lock_guard lock{mutex_};
    if (ending_) {
      why = no_worker(kStopping);
    } else if (++job.tries < kTries && job.sink == nullptr && !hopeless()) {
      jobs_.push_front(std::move(job));
      work_.raise();
      return;
    }
  }
  job.done(std::unexpected{std::move(why)});
}

/// False when it shall stop.
bool PythonModel::pause(Place& place, Duration duration) const {
  std::array<pollfd, 2> stops{{{.fd = place.stop.fd(), .events = POLLIN, .revents = 0},
                               {.fd = end_.fd(), .events = POLLIN, .revents = 0}}};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration);
  return poll(stops.data(), stops.size(), static_cast<int>(ms.count())) == 0;
}

}  // namespace parlance::models::python
