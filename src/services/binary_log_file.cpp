#include "services/binary_log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "grpc/error_details.h"

namespace parlance::services {
namespace {

constexpr std::size_t kPrefixBytes = 4;

void append_length(std::string& into, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) into.push_back(static_cast<char>(length >> shift & 0xff));
}

}  // namespace

Result<std::shared_ptr<BinaryLogFile>> BinaryLogFile::open(const std::string& path,
                                                           BinaryLogFileOptions options) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file >= 0) return std::shared_ptr<BinaryLogFile>{new BinaryLogFile{file, options}};
  const std::string why = std::generic_category().message(errno);
  return std::unexpected(grpc::make_error(StatusCode::kInvalidArgument, "BINARY_LOG_FILE",
                                          "cannot write the binary log '" + path + "': " + why,
                                          {{"observed", path}}));
}

BinaryLogFile::BinaryLogFile(int file, BinaryLogFileOptions options)
    : file_(file), options_(options), thread_([this] { write_queue(); }) {}

BinaryLogFile::~BinaryLogFile() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  ::close(file_);
}

void BinaryLogFile::write(const std::string& entry) {
  {
    const std::lock_guard lock{mutex_};
    if (broken_ || queue_.size() + kPrefixBytes + entry.size() > options_.max_queued_bytes) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    append_length(queue_, entry.size());
    queue_ += entry;
    ++queued_count_;
  }
  changed_.notify_all();
}

void BinaryLogFile::flush() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [this] { return queue_.empty() && !writing_; });
}

void BinaryLogFile::write_queue() {
  std::unique_lock lock{mutex_};
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::string bytes = std::exchange(queue_, {});
    const std::uint64_t count = std::exchange(queued_count_, 0);
    writing_ = true;
    const bool may_write = !broken_;
    lock.unlock();
    const bool written = may_write && write_all(bytes);
    lock.lock();
    writing_ = false;
    if (!written) {
      broken_ = true;
      dropped_.fetch_add(count, std::memory_order_relaxed);
    }
    changed_.notify_all();
  }
}

bool BinaryLogFile::write_all(const std::string& bytes) const {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(file_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace parlance::services
