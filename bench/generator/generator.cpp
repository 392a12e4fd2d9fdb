#include "generator.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "http2_connection.h"
#include "process.h"
#include "raw_connection.h"

namespace bench {
namespace {

// Nearer than this the wait is spent looking: waking up takes longer.
constexpr std::int64_t kSpinNs = 60'000;
// Sources of a churn: a closed connection keeps its port for a minute.
constexpr unsigned kSources = 200;

}  // namespace

Generator::Generator(const Plan& plan)
    : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)), meter_(plan.server_pid) {
  if (plan.tls) tls_.emplace(Tls::client(plan.resumes));
  prctl(PR_SET_TIMERSLACK, 1);  // waits end when they are to end
}

Generator::~Generator() { ::close(epoll_); }

Connection& Generator::connect() {
  if (free_.empty()) {
    free_.push_back(static_cast<unsigned>(connections_.size()));
    connections_.emplace_back();
    touched_flags_.push_back(false);
  }
  const unsigned index = free_.back();
  free_.pop_back();
  const unsigned source = plan_.load == Load::kChurn ? 2 + connections_made_++ % kSources : 0;
  Socket socket = Socket::connect(plan_.port, tls_ ? &*tls_ : nullptr, source);
  Connection::User& user = *this;
  if (plan_.raw) {
    connections_[index] = std::make_unique<RawConnection>(std::move(socket), user, plan_);
  } else {
    connections_[index] = std::make_unique<Http2Connection>(std::move(socket), user, plan_);
  }
  Connection& connection = *connections_[index];
  connection.index = index;
  epoll_event event{.events = EPOLLIN | EPOLLOUT, .data = {.u32 = index}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event);
  connection.watched_for_writing = true;
  if (plan_.raw) script_->on_ready(connection);
  return connection;
}

void Generator::close(Connection& connection) { closing_.push_back(connection.index); }

void Generator::touch(Connection& connection) {
  if (touched_flags_[connection.index]) return;
  touched_flags_[connection.index] = true;
  touched_.push_back(connection.index);
}

void Generator::run(Script& script) {
  script_ = &script;
  now_ns_ = now_ns();
  until_ns_ = std::numeric_limits<std::int64_t>::max();
  while (now_ns_ < until_ns_) {
    const std::int64_t next_ns = script.on_time(now_ns_);
    flush_touched();
    wait(std::min(next_ns, until_ns_));
    flush_touched();
  }
}

void Generator::wait(std::int64_t until_ns) {
  std::array<epoll_event, 256> events;
  const std::int64_t left_ns = std::max<std::int64_t>(until_ns - now_ns() - kSpinNs, 0);
  const timespec timeout{.tv_sec = left_ns / 1'000'000'000, .tv_nsec = left_ns % 1'000'000'000};
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  now_ns_ = now_ns();
  for (int i = 0; i < count; ++i) {
    const unsigned index = events[static_cast<std::size_t>(i)].data.u32;
    if (connections_[index] == nullptr) continue;
    if (connections_[index]->read()) touch(*connections_[index]);
  }
}

void Generator::flush_touched() {
  for (std::size_t i = 0; i < touched_.size(); ++i) {
    touched_flags_[touched_[i]] = false;
    Connection* connection = connections_[touched_[i]].get();
    if (connection == nullptr || connection->gone() || !connection->flush()) continue;
    if (connection->watched_for_writing == connection->waits_to_write()) continue;
    connection->watched_for_writing = connection->waits_to_write();
    epoll_event event{.events = EPOLLIN | (connection->waits_to_write() ? EPOLLOUT : 0U),
                      .data = {.u32 = connection->index}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection->fd(), &event);
  }
  touched_.clear();
  for (const unsigned index : closing_) {
    connections_[index].reset();
    free_.push_back(index);
  }
  closing_.clear();
}

void Generator::on_ready(Connection& connection) { script_->on_ready(connection); }

void Generator::on_message(Connection& connection, unsigned slot, std::string_view message) {
  if (!message.empty() && !connection.seen_first_answer) {
    connection.seen_first_answer = true;
    if (!is_expected_answer(plan_, message)) meter_.error("an answer that is not what was asked for");
  }
  script_->on_message(connection, slot);
}

void Generator::on_end(Connection& connection, unsigned slot, std::string_view why) {
  if (!why.empty()) meter_.error(why);
  script_->on_end(connection, slot);
}

void Generator::on_gone(Connection& connection, std::string_view why) {
  meter_.error(why);
  close(connection);
}

}  // namespace bench
