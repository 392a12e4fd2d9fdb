#include "app/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace parlance::app {

// A file descriptor to read from, and one whose readiness means: stop.
class Input::File {
 public:
  explicit File(int fd) : fd_(fd), stop_(eventfd(0, EFD_CLOEXEC)) {}
  ~File() {
    if (fd_ != STDIN_FILENO) close(fd_);
    close(stop_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void stop() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(stop_, &one, sizeof one);
  }

  // What is there now, after waiting for it; empty at the end or when stopped.
  std::string read_some() {
    std::array<pollfd, 2> waits{pollfd{stop_, POLLIN, 0}, pollfd{fd_, POLLIN, 0}};
    while (poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    if (waits[0].revents != 0) return {};
    std::array<char, 64 * 1024> piece;
    const ssize_t size = read(fd_, piece.data(), piece.size());
    return {piece.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  const int fd_;
  const int stop_;
};

std::expected<Input, std::string> Input::open(const std::string& data) {
  if (!data.starts_with('@')) return Input{nullptr, JsonDocuments::of_text(data)};
  const std::string name = data.substr(1);
  const int fd = name == "-" ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected{fmt::format("cannot read {}: {}", name, std::strerror(errno))};
  auto file = std::make_shared<File>(fd);
  return Input{file, JsonDocuments{[file] { return file->read_some(); }}};
}

void Input::stop() {
  if (file_ != nullptr) file_->stop();
}

}  // namespace parlance::app
