#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "app/metric_families.h"
#include "app/metric_sources.h"

namespace parlance::app {
namespace {

using prometheus::MetricType;

struct ProcessFigures {
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double cpu_seconds = 0;
  double start_seconds = 0;  // since 1970
  double threads = 0;
  double open_files = 0;
  double most_files = 0;
};

// When the machine started, in seconds since 1970.
double boot_seconds() {
  std::ifstream stat{"/proc/stat"};
  std::string word;
  double seconds = 0;
  while (stat >> word) {
    if (word == "btime" && stat >> seconds) break;
  }
  return seconds;
}

// proc(5), /proc/pid/stat: the fields behind the command, which is in brackets and may hold anything.
void read_stat(ProcessFigures& figures) {
  std::ifstream file{"/proc/self/stat"};
  const std::string line{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream fields{line.substr(std::min(line.rfind(')') + 1, line.size()))};
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::string field;
  double start_ticks = 0;
  double resident_pages = 0;
  for (int number = 3; number <= 24 && fields >> field; ++number) {
    if (number == 14 || number == 15) figures.cpu_seconds += std::stod(field) / ticks_per_second;
    if (number == 20) figures.threads = std::stod(field);
    if (number == 22) start_ticks = std::stod(field);
    if (number == 23) figures.virtual_bytes = std::stod(field);
    if (number == 24) resident_pages = std::stod(field);
  }
  figures.resident_bytes = resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  figures.start_seconds = boot_seconds() + start_ticks / ticks_per_second;
}

ProcessFigures read_figures() {
  ProcessFigures figures;
  read_stat(figures);
  std::error_code error;
  for (std::filesystem::directory_iterator file{"/proc/self/fd", error}, end; !error && file != end;
       file.increment(error)) {
    ++figures.open_files;
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.most_files = static_cast<double>(limit.rlim_cur);
  return figures;
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  const ProcessFigures figures = read_figures();
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, double value) {
    MetricFamilyBuilder family{name, MetricType::Gauge, help};
    family.gauge({}, value);
    families.push_back(family.take());
  };
  MetricFamilyBuilder cpu{"process_cpu_seconds_total", MetricType::Counter, "CPU time, of user and system."};
  cpu.counter({}, figures.cpu_seconds);
  families.push_back(cpu.take());
  add("process_resident_memory_bytes", "Resident memory.", figures.resident_bytes);
  add("process_virtual_memory_bytes", "Virtual memory.", figures.virtual_bytes);
  add("process_open_fds", "Open file descriptors.", figures.open_files);
  add("process_max_fds", "File descriptors it may have.", figures.most_files);
  add("process_threads", "Threads.", figures.threads);
  add("process_start_time_seconds", "When it started, in seconds since 1970.", figures.start_seconds);
  return families;
}

}  // namespace parlance::app
