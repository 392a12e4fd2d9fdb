#include "models/backends/python/worker.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/concat.h"
#include "models/load_failure.h"

namespace parlance::models::python {
namespace {

using namespace std::chrono_literals;

// A process that has closed its socket is about to end: so it can say how.
constexpr Duration kLastMoments = 1s;
// Of one turn: others wait, too.
constexpr int kMostLogReads = 64;

std::string late(const char* what, Duration timeout, const char* knob) {
  return concat("it ", what, " within ", std::chrono::ceil<std::chrono::milliseconds>(timeout).count(),
                " ms (", knob, ") and was killed");
}

int poll_timeout(Deadline deadline) {
  if (deadline.is_never()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining(Clock::now()));
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(const Setup& setup) {
  Result<SharedMemory> inputs = SharedMemory::make();
  if (!inputs) return std::unexpected{std::move(inputs).error()};
  Result<SharedMemory> outputs = SharedMemory::make();
  if (!outputs) return std::unexpected{std::move(outputs).error()};
  Result<WorkerProcess> process = WorkerProcess::start(setup.command);
  if (!process) return std::unexpected{std::move(process).error()};
  return std::unique_ptr<Worker>{
      new Worker{*std::move(process), *std::move(inputs), *std::move(outputs), setup}};
}

Worker::Worker(WorkerProcess process, SharedMemory inputs, SharedMemory outputs, const Setup& setup)
    : process_(std::move(process)),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      load_(setup.load),
      max_output_bytes_(setup.max_output_bytes),
      log_(setup.log),
      stop_(setup.stop),
      end_(setup.end) {}

Worker::~Worker() {
  process_.end();
  read_log();
  log_.end(Clock::now());
}

std::string Worker::ended() {
  pollfd process{.fd = process_.pidfd(), .events = POLLIN, .revents = 0};
  poll(&process, 1, static_cast<int>(kLastMoments / 1ms));
  return told(process_.end());
}

std::string Worker::kill(const std::string& why) {
  process_.end();
  return told(why);
}

std::string Worker::told(const std::string& how) {
  read_log();
  return log_.last_line().empty() ? how : concat(how, "; the last it wrote: ", log_.last_line());
}

// --- waiting -----------------------------------------------------------------------------------------------

void Worker::read_log() {
  std::array<char, 4096> part;
  for (int i = 0; i < kMostLogReads; ++i) {
    const ssize_t size = read(process_.log(), part.data(), part.size());
    if (size <= 0) return;
    log_.add({part.data(), static_cast<std::size_t>(size)}, Clock::now());
  }
}

Worker::Happened Worker::wait(int work, Deadline deadline) {
  bool log_open = true;
  while (true) {
    std::array<pollfd, 6> files{{{.fd = process_.socket(), .events = POLLIN, .revents = 0},
                                 {.fd = process_.pidfd(), .events = POLLIN, .revents = 0},
                                 {.fd = heeds_stop_ ? stop_ : -1, .events = POLLIN, .revents = 0},
                                 {.fd = work, .events = POLLIN, .revents = 0},
                                 {.fd = log_open ? process_.log() : -1, .events = POLLIN, .revents = 0},
                                 {.fd = end_, .events = POLLIN, .revents = 0}}};
    const int ready = poll(files.data(), files.size(), poll_timeout(deadline));
    if (ready < 0 && errno != EINTR) return Happened::kEnded;
    if (ready <= 0) {
      if (deadline.expired(Clock::now())) return Happened::kTimeout;
      continue;
    }
    if (files[4].revents != 0) {
      read_log();
      log_open = (files[4].revents & POLLIN) != 0;
    }
    if (files[0].revents != 0) return Happened::kMessage;
    if (files[1].revents != 0) return Happened::kEnded;
    if (files[2].revents != 0 || files[5].revents != 0) return Happened::kStop;
    if (files[3].revents != 0) return Happened::kWork;
    if (deadline.expired(Clock::now())) return Happened::kTimeout;
  }
}

Worker::Wake Worker::idle(int work, Duration timeout) {
  heeds_stop_ = true;
  const Happened event = wait(work, Deadline::after(Clock::now(), timeout));
  heeds_stop_ = false;
  switch (event) {
    case Happened::kWork:
    case Happened::kTimeout:
      return Wake::kWork;
    case Happened::kStop:
      return Wake::kStop;
    case Happened::kMessage:  // nothing was asked: it has closed the socket, or speaks out of turn
    case Happened::kEnded:
      break;
  }
  return Wake::kLost;
}

// --- messages ----------------------------------------------------------------------------------------------

bool Worker::send(const Json& message, bool with_memory) {
  std::string text = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  const std::array<int, 2> memory{inputs_.fd(), outputs_.fd()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof memory)> control{};
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  if (with_memory) {
    packet.msg_control = control.data();
    packet.msg_controllen = control.size();
    cmsghdr* const head = CMSG_FIRSTHDR(&packet);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof memory);
    std::memcpy(CMSG_DATA(head), memory.data(), sizeof memory);
  }
  return text.size() <= kMostPacketBytes && sendmsg(process_.socket(), &packet, MSG_NOSIGNAL) >= 0;
}

std::expected<Json, Lost> Worker::receive(Deadline deadline, const std::string& late) {
  while (true) {
    switch (wait(-1, deadline)) {
      case Happened::kMessage:
        break;
      case Happened::kTimeout:
        return std::unexpected{Lost{kill(late)}};
      case Happened::kStop:
        return std::unexpected{Lost{kill("it was told to stop")}};
      case Happened::kEnded:
      case Happened::kWork:
        return std::unexpected{Lost{ended()}};
    }
    packet_.resize(kMostPacketBytes + 1);
    const ssize_t size = recv(process_.socket(), packet_.data(), packet_.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (size <= 0) return std::unexpected{Lost{ended()}};
    Json message = static_cast<std::size_t>(size) > kMostPacketBytes
                       ? Json{}
                       : Json::parse(packet_.begin(), packet_.begin() + size, nullptr, false);
    if (message.is_object()) return message;
    return std::unexpected{Lost{kill("it said what is no answer")}};
  }
}

std::expected<Json, Lost> Worker::exchange(const Json& message, Deadline deadline, const std::string& late) {
  if (!send(message, message.value("op", "") == "load"))
    return std::unexpected{
        Lost{errno == EPIPE || errno == ECONNRESET ? ended() : kill("it takes no messages")}};
  return receive(deadline, late);
}

// --- what is asked of it -----------------------------------------------------------------------------------

Result<ModelSays> Worker::load(Duration timeout) {
  const std::expected<Json, Lost> answer = exchange(load_, Deadline::after(Clock::now(), timeout),
                                                    late("was not loaded", timeout, "python.load_timeout"));
  lost_in_load_ = !answer.has_value();
  if (!answer) return load_failure("its worker was lost while it loaded: " + answer.error().how);
  if (const auto error = answer->find("error"); error != answer->end())
    return load_failure(error->is_object() ? error->value("text", "") : "it does not say why");
  heeds_stop_ = false;
  std::optional<ModelSays> says = read_loaded(*answer);
  if (says) return *std::move(says);
  return load_failure("its worker says what is no answer");
}

std::expected<Result<RunOutputs>, Lost> Worker::run(const Tensors& inputs, const Signature& signature,
                                                    OutputSink* sink, Duration timeout) {
  const Result<Json> begin = run_message(inputs, sink != nullptr, inputs_);
  if (!begin) return Result<RunOutputs>{std::unexpected{begin.error()}};
  const std::string too_late = late("gave no answer", timeout, "python.timeout");
  Json next = *begin;
  std::size_t copied_bytes = 0;
  for (const Tensor& input : inputs) copied_bytes += input.bytes().size();
  while (true) {
    const std::expected<Json, Lost> answer = exchange(next, Deadline::after(Clock::now(), timeout), too_late);
    if (!answer) return std::unexpected{answer.error()};
    if (const std::optional<Status> error = read_error(*answer))
      return Result<RunOutputs>{std::unexpected{*error}};
    if (sink != nullptr && answer->contains("end"))
      return Result<RunOutputs>{RunOutputs{.tensors = {}, .copied_bytes = copied_bytes}};
    std::expected<Result<RunOutputs>, Nonsense> read =
        read_outputs(*answer, signature.outputs, outputs_, max_output_bytes_);
    if (!read) return std::unexpected{Lost{kill(read.error().what + ", and was killed")}};
    if (sink == nullptr) {
      if (*read) (*read)->copied_bytes += copied_bytes;
      return *std::move(read);
    }
    // What is wrong with a part is told when the generator has been ended, so that the next run finds it so.
    const bool goes_on = read->has_value() && sink->take(**std::move(read));
    if (goes_on) {
      next = Json{{"op", "more"}};
      continue;
    }
    const std::expected<Json, Lost> ended =
        exchange(Json{{"op", "stop"}}, Deadline::after(Clock::now(), timeout), too_late);
    if (!ended) return std::unexpected{ended.error()};
    if (!read->has_value()) return *std::move(read);
    return Result<RunOutputs>{RunOutputs{.tensors = {}, .copied_bytes = copied_bytes}};
  }
}

}  // namespace parlance::models::python
