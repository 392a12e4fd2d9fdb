#pragma once

namespace parlance {

/// Told once, on the call's loop, when nobody waits for the call any more. Intrusive: its owner keeps it
/// alive while it is linked; destroying it unlinks it.
class CancellationListener {
 public:
  CancellationListener() = default;
  CancellationListener(const CancellationListener&) = delete;
  CancellationListener& operator=(const CancellationListener&) = delete;

  virtual void on_cancelled() = 0;

 protected:
  ~CancellationListener() { unlink(); }
  /// May still be told: the call lives and has not been cancelled.
  bool is_listening() const { return next_ != nullptr; }
  /// Is not told any more.
  void stop_listening() { unlink(); }

 private:
  friend class CancellationList;
  void unlink() {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

  CancellationListener* next_ = nullptr;
  CancellationListener* previous_ = nullptr;
};

/// The listeners of one call. Only on the call's loop.
class CancellationList final : CancellationListener {
 public:
  CancellationList() { next_ = previous_ = this; }
  ~CancellationList() {
    while (next_ != this) next_->unlink();
    next_ = previous_ = nullptr;
  }

  void add(CancellationListener& listener) {
    listener.unlink();
    listener.next_ = this;
    listener.previous_ = previous_;
    previous_->next_ = &listener;
    previous_ = &listener;
  }

  /// Unlinks and tells each, in the order they were added; they may add, remove or destroy others.
  void tell_all() {
    while (next_ != this) {
      CancellationListener& listener = *next_;
      listener.unlink();
      listener.on_cancelled();
    }
  }

 private:
  void on_cancelled() override {}
};

}  // namespace parlance
