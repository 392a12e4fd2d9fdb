#include "dialects/management/model_changes.h"

#include <utility>

namespace parlance::dialects::management {

// Holds what one feed has not read, and carries the word of it to the feed's loop.
struct ModelChanges::Inbox : std::enable_shared_from_this<ModelChanges::Inbox> {
  Inbox(net::LoopHandle loop_of_feed, ModelFeed& owner) : loop(std::move(loop_of_feed)), feed(&owner) {}

  void put(const ModelFeed::Change& change) {
    const std::lock_guard lock{mutex};
    if (news.changes.size() == ModelFeed::kMostWaiting) news = {.missed = true, .changes = {}};
    news.changes.push_back(change);
    tell();
  }
  void stop() {
    const std::lock_guard lock{mutex};
    stopped = true;
    tell();
  }
  // With mutex held. At most one word is under way.
  void tell() {
    if (std::exchange(told, true)) return;
    loop.post([self = shared_from_this()] {
      if (self->feed != nullptr) self->feed->wake();
    });
  }

  const net::LoopHandle loop;
  ModelFeed* feed;  // only on the loop; null once it is gone
  std::mutex mutex;
  ModelFeed::News news;  // guarded by mutex
  bool told = false;     // guarded by mutex
  bool stopped = false;  // guarded by mutex
};

ModelChanges::ModelChanges(models::Repository& repository)
    : subscription_(
          repository.subscribe([this](const models::VersionStatus& status) { on_change(status); })) {}

void ModelChanges::on_change(const models::VersionStatus& status) {
  const ModelFeed::Change change{std::chrono::system_clock::now(), status};
  const std::lock_guard lock{mutex_};
  for (const auto& inbox : inboxes_) inbox->put(change);
}

void ModelChanges::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  for (const auto& inbox : inboxes_) inbox->stop();
}

ModelFeed::ModelFeed(ModelChanges& changes, ServerCall& call)
    : changes_(changes),
      call_(call),
      inbox_(std::make_shared<ModelChanges::Inbox>(call.loop().handle(), *this)) {
  call_.on_cancelled(*this);
  const std::lock_guard lock{changes_.mutex_};
  inbox_->stopped = changes_.stopped_;
  changes_.inboxes_.insert(inbox_);
}

ModelFeed::~ModelFeed() {
  inbox_->feed = nullptr;
  const std::lock_guard lock{changes_.mutex_};
  changes_.inboxes_.erase(inbox_);
}

void ModelFeed::wake() {
  if (waiter_ && look()) std::exchange(waiter_, nullptr).resume();
}

bool ModelFeed::look() {
  found_.reset();
  if (call_.cancelled()) return true;
  const std::lock_guard lock{inbox_->mutex};
  inbox_->told = false;
  if (inbox_->stopped) return true;
  if (!inbox_->news.missed && inbox_->news.changes.empty()) return false;
  found_ = std::exchange(inbox_->news, {});
  return true;
}

}  // namespace parlance::dialects::management
