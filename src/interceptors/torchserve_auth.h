#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "interceptors/exempt_methods.h"
#include "interceptors/torchserve_keys.h"
#include "rpc/server_interceptor.h"

namespace parlance::interceptors {

struct TorchServeAuthOptions {
  /// As TorchServeKeys::parse() reads it.
  std::string keys_file;
  TorchServeKeys::Use use = TorchServeKeys::Use::kInference;
  /// The one service that needs a token; empty: all but those exempt.
  std::string service;
  ExemptMethods exempt = {};
  /// Told when a changed file cannot be used; what was read before stays in force. On any thread.
  std::function<void(std::string_view why)> on_reload_error;
};

/// Lets only calls in that carry the key of their use, as `authorization: Bearer …`. Anything else is
/// PERMISSION_DENIED before the body is read, in TorchServe's words. The file is looked at once a second and
/// read again when it has changed, on the loop of the call that comes next.
class TorchServeAuth final : public ServerInterceptor {
 public:
  /// The error says what is wrong with the file.
  static std::expected<std::shared_ptr<TorchServeAuth>, std::string> make(TorchServeAuthOptions options);
  ~TorchServeAuth() override;

  Task<Status> intercept(ServerCall& call, ServerNext next) override;

 private:
  class Impl;
  explicit TorchServeAuth(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes fresh keys to `file`, for its owner alone, when there is no such file, and says whether it did. The
/// error says what went wrong.
std::expected<bool, std::string> make_keys_file(const std::string& file, std::chrono::seconds lifetime);

}  // namespace parlance::interceptors
