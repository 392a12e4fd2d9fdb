#include "rpc/balancing/pick_first.h"

#include <algorithm>

#include "rpc/balancing/address_order.h"
#include "rpc/balancing/connection_failure.h"

namespace parlance::balancing {

void PickFirst::set_backends(std::span<const Backend> backends) {
  take_over_list(backends);
  if (selected_ && find(*selected_) != nullptr) return;
  selected_.reset();
  if (state_ == Connectivity::kIdle) return;
  // TRANSIENT_FAILURE is kept: it ends when an address is ready, not when there is a new list (A62).
  if (state_ == Connectivity::kReady) enter(Connectivity::kConnecting);
  start_pass();
}

void PickFirst::take_over_list(std::span<const Backend> backends) {
  std::vector<Backend> list(backends.begin(), backends.end());
  if (config_.shuffle_address_list) shuffle(list, host_);
  std::vector<Candidate> candidates;
  candidates.reserve(list.size());
  for (const Backend& backend : interleave_families(list)) {
    const Candidate* known = find(backend.id);
    candidates.push_back({backend.id, known == nullptr ? Connectivity::kIdle : known->state});
  }
  candidates_ = std::move(candidates);
}

PickFirst::Candidate* PickFirst::find(BackendId backend) {
  const auto found = std::ranges::find(candidates_, backend, &Candidate::id);
  return found == candidates_.end() ? nullptr : &*found;
}

void PickFirst::enter(Connectivity state) {
  if (state == state_) return;
  state_ = state;
  host_.picks_changed();
}

void PickFirst::connect() {
  if (state_ != Connectivity::kIdle || candidates_.empty()) return;
  enter(Connectivity::kConnecting);
  start_pass();
}

Pick PickFirst::pick(const PickArguments& /*arguments*/) {
  connect();
  switch (state_) {
    case Connectivity::kReady:
      return Pick::use(*selected_);
    case Connectivity::kTransientFailure:
      return Pick::fail(all_failed(candidates_.size(), last_failure_));
    default:
      return Pick::wait();
  }
}

void PickFirst::start_pass() {
  in_pass_ = true;
  next_ = 0;
  failures_ = 0;
  for (Candidate& candidate : candidates_) candidate.failed = false;
  const auto ready = std::ranges::find(candidates_, Connectivity::kReady, &Candidate::state);
  ready == candidates_.end() ? try_next() : select(*ready);
}

void PickFirst::try_next() {
  while (next_ < candidates_.size()) {
    Candidate& candidate = candidates_[next_++];
    if (candidate.state == Connectivity::kTransientFailure) {
      candidate.failed = true;
      continue;
    }
    request(candidate);
    host_.arm(next_ < candidates_.size() ? host_.now() + kAttemptDelay : TimePoint::max());
    return;
  }
  host_.arm(TimePoint::max());
  end_pass_when_all_failed();
}

void PickFirst::request(Candidate& candidate) {
  if (candidate.state != Connectivity::kIdle) return;
  candidate.state = Connectivity::kConnecting;
  host_.connect(candidate.id);
}

void PickFirst::end_pass_when_all_failed() {
  if (next_ < candidates_.size() || !std::ranges::all_of(candidates_, &Candidate::failed)) return;
  in_pass_ = false;
  enter(Connectivity::kTransientFailure);
  host_.resolve_again();
  for (Candidate& candidate : candidates_) request(candidate);
}

void PickFirst::on_timer() {
  if (in_pass_) try_next();
}

void PickFirst::on_state(BackendId backend, Connectivity state, const Status& why) {
  Candidate* candidate = find(backend);
  if (candidate == nullptr) return;
  if (selected_) {
    if (*selected_ == backend && state != Connectivity::kReady) on_selected_lost();
    return;
  }
  candidate->state = state;
  if (state_ == Connectivity::kIdle) return;
  if (state == Connectivity::kReady) {
    select(*candidate);
  } else if (state == Connectivity::kTransientFailure) {
    on_failure(*candidate, why);
  } else if (state == Connectivity::kIdle && is_wanted(*candidate)) {
    request(*candidate);
  }
}

bool PickFirst::is_wanted(const Candidate& candidate) const {
  const bool started = &candidate < candidates_.data() + next_;
  return !in_pass_ || (started && !candidate.failed);
}

void PickFirst::on_failure(Candidate& candidate, const Status& why) {
  candidate.failed = true;
  last_failure_ = why;
  if (!in_pass_) {
    if (++failures_ < candidates_.size()) return;
    failures_ = 0;
    host_.resolve_again();
  } else if (&candidate == latest()) {
    try_next();
  } else {
    end_pass_when_all_failed();
  }
}

void PickFirst::select(Candidate& chosen) {
  selected_ = chosen.id;
  in_pass_ = false;
  host_.arm(TimePoint::max());
  for (Candidate& candidate : candidates_) {
    if (&candidate == &chosen || candidate.state == Connectivity::kIdle) continue;
    candidate.state = Connectivity::kIdle;
    host_.release(candidate.id);
  }
  chosen.state = Connectivity::kReady;
  enter(Connectivity::kReady);
}

void PickFirst::on_selected_lost() {
  find(*selected_)->state = Connectivity::kIdle;
  selected_.reset();
  host_.resolve_again();
  enter(Connectivity::kIdle);
}

}  // namespace parlance::balancing
