#pragma once

#include <chrono>
#include <coroutine>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "models/repository.h"
#include "rpc/server_call.h"

namespace parlance::dialects::management {

class ModelFeed;

/// Tells the feeds of all calls what changes in a repository, until it is stopped. Thread-safe.
class ModelChanges {
 public:
  /// `repository` outlives it.
  explicit ModelChanges(models::Repository& repository);
  /// Feeds end, so that they do not hold up a server's drain; for good.
  void stop();

 private:
  friend class ModelFeed;
  struct Inbox;
  void on_change(const models::VersionStatus& status);

  std::mutex mutex_;
  std::set<std::shared_ptr<Inbox>> inboxes_;  // guarded by mutex_
  bool stopped_ = false;                      // guarded by mutex_
  models::Repository::Subscription subscription_;
};

/// The changes from its making on, awaited on a call's loop while other threads make them:
///
///   ModelFeed feed{changes, call};
///   while (auto news = co_await feed.next()) …
class ModelFeed final : CancellationListener {
 public:
  /// Changes that wait for a slow reader; with more, all of them are dropped and the news is to look anew.
  static constexpr std::size_t kMostWaiting = 1024;

  struct Change {
    std::chrono::system_clock::time_point at;
    models::VersionStatus status;
  };
  struct News {
    bool missed = false;  // changes were dropped
    std::vector<Change> changes;
  };

  /// On the call's loop, where it is also destroyed. `changes` outlives it.
  ModelFeed(ModelChanges& changes, ServerCall& call);
  ~ModelFeed();

  struct Next {
    ModelFeed& feed;
    bool await_ready() const { return feed.look(); }
    void await_suspend(std::coroutine_handle<> waiter) { feed.waiter_ = waiter; }
    std::optional<News> await_resume() const { return std::move(feed.found_); }
  };
  /// The changes since the last time, at least one or `missed`. Nothing once the call is cancelled or the
  /// source is stopped.
  Next next() { return {*this}; }

 private:
  friend class ModelChanges;
  void on_cancelled() override { wake(); }
  void wake();
  /// Whether next() has an answer, which found_ then holds.
  bool look();

  ModelChanges& changes_;
  ServerCall& call_;
  std::shared_ptr<ModelChanges::Inbox> inbox_;
  std::optional<News> found_;
  std::coroutine_handle<> waiter_;
};

}  // namespace parlance::dialects::management
