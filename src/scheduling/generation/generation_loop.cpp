#include "scheduling/generation/generation_loop.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "net/loop.h"
#include "scheduling/generation/generation_errors.h"

namespace parlance::scheduling {

GenerationLoop::GenerationLoop(std::string model, generation::StepEngine& engine,
                               const GenerationLimits& limits)
    : model_(std::move(model)),
      engine_(engine),
      limits_(limits),
      mailbox_(std::make_shared<GenerationMailbox>(limits.max_open())),
      runner_(model_, engine, limits),
      statistics_(runner_.statistics()) {
  require(limits.window_steps > 0, "a reader is given a step at least");
  thread_ = std::thread{[this] { run(); }};
}

GenerationLoop::~GenerationLoop() { stop(); }

void GenerationLoop::stop() {
  mailbox_->close();
  const std::lock_guard lock{stopping_};
  if (thread_.joinable()) thread_.join();
}

Result<GenerationStream> GenerationLoop::start(GenerationRequest request) {
  Result<std::vector<GenerationStream>> streams = start(std::move(request), 1);
  if (!streams) return std::unexpected{std::move(streams).error()};
  return std::move(streams->front());
}

Result<std::vector<GenerationStream>> GenerationLoop::start(GenerationRequest request, std::size_t count) {
  net::Loop* const loop = net::Loop::current();
  require(loop != nullptr, "a stream belongs to an event loop");
  if (auto problem = problem_of(model_, request, limits_, engine_))
    return std::unexpected{*std::move(problem)};
  const TimePoint now = Clock::now();
  std::vector<OpenSequencePtr> sequences;
  for (std::size_t i = 0; i < count; ++i) {
    sequences.push_back(std::make_shared<OpenSequence>(*loop, request, limits_.window_steps, now));
    sequences.back()->request.sampling.seed += i;
  }
  sequences.front()->siblings.assign(sequences.begin() + 1, sequences.end());
  switch (mailbox_->add(sequences.front())) {
    case GenerationMailbox::Answer::kTaken:
      break;
    case GenerationMailbox::Answer::kFull:
      return std::unexpected{too_many_open(model_, limits_.max_open())};
    case GenerationMailbox::Answer::kClosed:
      return std::unexpected{model_unloaded(model_)};
  }
  std::vector<GenerationStream> streams;
  streams.reserve(count);
  for (OpenSequencePtr& sequence : sequences) streams.emplace_back(std::move(sequence), mailbox_);
  return streams;
}

GenerationStatistics GenerationLoop::statistics() const {
  const std::lock_guard lock{mutex_};
  GenerationStatistics all = statistics_;
  all.saved.refused += mailbox_->refused();
  return all;
}

void GenerationLoop::run() {
  std::vector<GenerationCommand> commands;
  for (bool is_open = true; is_open;) {
    is_open = mailbox_->take(commands, runner_.next_step());
    for (const GenerationCommand& command : commands) runner_.apply(command);
    commands.clear();
    if (is_open) {
      runner_.step();
    } else {
      runner_.end_all(model_unloaded(model_));
    }
    publish();
  }
}

/// Counted before anybody is told, so that whoever was told finds it counted, and a place free.
void GenerationLoop::publish() {
  for (bool is_done = false; !is_done;) {
    mailbox_->ended(runner_.take_ended());
    {
      const std::lock_guard lock{mutex_};
      statistics_ = runner_.statistics();
    }
    const std::vector<OpenSequencePtr> unread = runner_.deliveries().post();
    for (const OpenSequencePtr& each : unread)
      runner_.apply({.kind = GenerationCommand::Kind::kCancel, .sequence = each});
    is_done = unread.empty();
  }
}

}  // namespace parlance::scheduling
