#include "interceptors/torchserve_auth.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>

#include "grpc/error_details.h"
#include "interceptors/watched_file.h"

namespace parlance::interceptors {
namespace {

TorchServeKeys::Time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Status denied() {
  return grpc::make_error(
      StatusCode::kPermissionDenied, "TORCHSERVE_TOKEN",
      "Token Authorization failed. Token either incorrect, expired, or not provided correctly",
      {{"hop", "server"}, {"knob", "authorization"}});
}

// As TorchServe takes it: the scheme's case counts, and a token has no blanks.
std::string_view token_of(const Metadata& metadata) {
  constexpr std::string_view kScheme = "Bearer ";
  constexpr std::string_view kBlanks = " \t";
  std::string_view value = metadata.get("authorization").value_or("");
  if (!value.starts_with(kScheme)) return {};
  value.remove_prefix(std::min(value.find_first_not_of(kBlanks, kScheme.size() - 1), value.size()));
  return value.find_first_of(kBlanks) == std::string_view::npos ? value : std::string_view{};
}

}  // namespace

class TorchServeAuth::Impl {
 public:
  explicit Impl(TorchServeAuthOptions given) : options(std::move(given)), file_(options.keys_file) {}

  std::expected<void, std::string> refresh() {
    const auto text = file_.poll(Clock::now());
    if (!text) return std::unexpected(text.error());
    if (!*text) return {};
    auto keys = TorchServeKeys::parse(**text);
    if (!keys) return std::unexpected(file_.path() + ": " + keys.error());
    keys_ = *std::move(keys);
    return {};
  }

  bool allows(std::string_view token) {
    const std::lock_guard lock{mutex_};
    if (const auto refreshed = refresh(); !refreshed && options.on_reload_error)
      options.on_reload_error(refreshed.error());
    return keys_.allows(options.use, token, now());
  }

  bool needs_token(std::string_view path) const {
    if (options.service.empty()) return !options.exempt.contains(path);
    return path.starts_with("/" + options.service + "/");
  }

  const TorchServeAuthOptions options;

 private:
  std::mutex mutex_;
  WatchedFile file_;     // guarded by mutex_
  TorchServeKeys keys_;  // guarded by mutex_
};

TorchServeAuth::TorchServeAuth(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TorchServeAuth::~TorchServeAuth() = default;

std::expected<std::shared_ptr<TorchServeAuth>, std::string> TorchServeAuth::make(
    TorchServeAuthOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto read = impl->refresh(); !read) return std::unexpected(read.error());
  return std::shared_ptr<TorchServeAuth>{new TorchServeAuth{std::move(impl)}};
}

Task<Status> TorchServeAuth::intercept(ServerCall& call, ServerNext next) {
  if (!impl_->needs_token(call.method())) return next();
  return impl_->allows(token_of(call.request_metadata())) ? next() : end_call(denied());
}

std::expected<bool, std::string> make_keys_file(const std::string& file, std::chrono::seconds lifetime) {
  const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (made < 0 && errno == EEXIST) return false;
  if (made < 0) return std::unexpected(file + ": " + std::strerror(errno));
  const std::string text = TorchServeKeys::generate(now(), lifetime).to_json();
  const bool written = write(made, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(made);
  if (!written) return std::unexpected(file + ": cannot be written");
  return true;
}

}  // namespace parlance::interceptors
