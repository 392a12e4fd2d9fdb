#include "app/terminal_input.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace parlance::app {

std::optional<std::string> TerminalInput::next_line() {
  while (true) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    std::array<pollfd, 2> waits{pollfd{interrupts_.fd(), POLLIN, 0}, pollfd{STDIN_FILENO, POLLIN, 0}};
    while (poll(waits.data(), waits.size(), -1) < 0 && errno == EINTR) {
    }
    if (waits[0].revents != 0) return std::nullopt;
    std::array<char, 4096> piece;
    const ssize_t size = read(STDIN_FILENO, piece.data(), piece.size());
    if (size <= 0) return std::nullopt;
    read_.append(piece.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace parlance::app
