#include "interceptors/watched_file.h"

#include <fstream>
#include <sstream>

namespace parlance::interceptors {

WatchedFile::Look WatchedFile::look() const {
  std::error_code error;
  Look now;
  now.changed = std::filesystem::last_write_time(path_, error);
  if (!error) now.size_bytes = std::filesystem::file_size(path_, error);
  now.there = !error;
  return now;
}

std::expected<WatchedFile::Text, std::string> WatchedFile::poll(TimePoint now) {
  if (seen_ && now - looked_at_ < kLookEvery) return std::nullopt;
  looked_at_ = now;
  const Look current = look();  // before it is read: a change in between is seen later
  if (seen_ == current) return std::nullopt;
  seen_ = current;
  if (current.size_bytes > kLargestBytes) return std::unexpected(path_ + " is larger than 1 MiB");
  const std::ifstream file{path_, std::ios::binary};
  std::ostringstream text;
  if (current.there && file) text << file.rdbuf();
  if (!current.there || !file || !text) return std::unexpected("cannot read " + path_);
  return std::move(text).str();
}

}  // namespace parlance::interceptors
