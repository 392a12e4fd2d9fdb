#include "models/backends/python/worker_log.h"

#include <algorithm>
#include <chrono>

#include "base/concat.h"
#include "generation/utf8_assembler.h"

namespace parlance::models::python {

void WorkerLog::add(std::string_view text, TimePoint now) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::size_t room = kLongestLine - line_.size();
    line_ += text.substr(0, std::min(end, room));
    cut_ |= end > room;
    if (end == text.size()) return;
    finish_line(now);
    text.remove_prefix(end + 1);
  }
}

void WorkerLog::end(TimePoint now) {
  if (!line_.empty()) finish_line(now);
  tell_left_out();
}

void WorkerLog::finish_line(TimePoint now) {
  if (line_.ends_with('\r')) line_.pop_back();
  generation::Utf8Assembler characters;  // whoever is told of a line is to be given text
  line_ = characters.add(line_) + characters.finish();
  if (cut_) line_ += " …";
  if (line_.find_first_not_of(" \t") != std::string::npos) {
    last_line_ = line_;
    if (now - second_ >= std::chrono::seconds{1}) {
      tell_left_out();
      second_ = now;
      in_second_ = 0;
    }
    if (in_second_++ < kLinesASecond)
      sink_(line_);
    else
      ++left_out_;
  }
  line_.clear();
  cut_ = false;
}

void WorkerLog::tell_left_out() {
  if (left_out_ > 0)
    sink_(concat("(", left_out_, " lines left out: more than ", kLinesASecond, " a second)"));
  left_out_ = 0;
}

}  // namespace parlance::models::python
