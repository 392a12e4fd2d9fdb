#include "app/bench_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/quantities.h"

namespace parlance::app {
namespace {

constexpr Duration kRedraw = std::chrono::milliseconds{200};
constexpr Duration kLine = std::chrono::seconds{1};
constexpr int kMostReports = 20;
constexpr int kBarCells = 20;

Duration total_of(const load::Plan& plan) {
  if (plan.calls > 0) return Duration::zero();
  Duration total = plan.warm_up;
  for (const load::Step& step : plan.steps) total += step.length;
  return total;
}

std::string bar(Duration elapsed, Duration total) {
  if (total == Duration::zero()) return {};
  const int filled = static_cast<int>(std::min<std::int64_t>(kBarCells * elapsed / total, kBarCells));
  return fmt::format("[{:#<{}}{:.<{}}] ", "", filled, "", kBarCells - filled);
}

}  // namespace

std::string progress_text(const load::Progress& progress, const load::Plan& plan) {
  std::string text = fmt::format("{:.1f} s", std::chrono::duration<double>(progress.elapsed).count());
  if (progress.warming_up) {
    text += "  warm-up";
  } else if (plan.steps.size() > 1) {
    text += fmt::format("  step {}/{}, {}/s", progress.step + 1, plan.steps.size(),
                        number_text(plan.steps[progress.step].per_second));
  }
  text += fmt::format("  {} calls/s", number_text(progress.calls_per_second));
  if (plan.kind != load::MethodKind::kUnary) {
    text += fmt::format("  {} responses/s", number_text(progress.messages_per_second));
  }
  text += fmt::format("  p50 {}  p99 {}", time_text(progress.p50), time_text(progress.p99));
  if (progress.failed > 0) text += fmt::format("  {} failed", count_text(progress.failed));
  return text;
}

BenchProgress::BenchProgress(const load::Plan& plan)
    : plan_(plan),
      terminal_(isatty(STDERR_FILENO) != 0),
      total_(total_of(plan)),
      interval_(terminal_ ? kRedraw : std::max(kLine, total_ / kMostReports)) {}

void BenchProgress::show(const load::Progress& progress) {
  const std::string text = progress_text(progress, plan_);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s%s", bar(progress.elapsed, total_).c_str(), text.c_str());
    std::fflush(stderr);
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void BenchProgress::end() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

}  // namespace parlance::app
