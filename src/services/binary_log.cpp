#include "services/binary_log.h"

#include <utility>

#include "services/binary_log_call.h"

namespace parlance::services {
namespace {

using Entry = BinaryLogCall::Entry;

class ServerMessages final : public MessageFilter {
 public:
  ServerMessages(const ServerNext& next, ServerCall& call, BinaryLogCall& log)
      : MessageFilter(next), call_(call), log_(log) {}

  Result<Buffer> on_request(Buffer message) override {
    log_.client_message(message.bytes());
    return message;
  }
  Result<Buffer> on_response(Buffer message) override {
    log_.server_header(call_.initial_metadata(), {});
    log_.server_message(message.bytes());
    return message;
  }

 private:
  ServerCall& call_;
  BinaryLogCall& log_;
};

class ServerBinaryLog final : public ServerInterceptor {
 public:
  ServerBinaryLog(std::shared_ptr<BinaryLogFile> file, BinaryLogOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}

  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    const auto limits = options_.filter.limits_of(call.method());
    return limits ? logged(call, next, *limits) : next();
  }

 private:
  Task<Status> logged(ServerCall& call, ServerNext next, BinaryLogLimits limits) {
    BinaryLogCall log{*file_, Entry::LOGGER_SERVER, limits, options_.secret_metadata};
    log.client_header(call.method(), call.authority(), call.deadline().remaining(call.received_at()),
                      call.request_metadata(), call.peer());
    ServerMessages messages{next, call, log};
    Status status = co_await next();
    if (call.cancelled()) {
      log.cancel();
    } else {
      log.server_trailer(status, call.trailing_metadata(), {});
    }
    co_return status;
  }

  const std::shared_ptr<BinaryLogFile> file_;
  const BinaryLogOptions options_;
};

class ClientMessages final : public ClientMessageFilter {
 public:
  ClientMessages(const ClientNext& next, ClientCallContext& call, BinaryLogCall& log)
      : ClientMessageFilter(next), call_(call), log_(log) {}

  Result<Buffer> on_request(Buffer message) override {
    log_.client_message(message.bytes());
    return message;
  }
  Result<Buffer> on_response(Buffer message) override {
    log_.server_header(call_.initial_metadata(), call_.peer());
    log_.server_message(message.bytes());
    return message;
  }

 private:
  ClientCallContext& call_;
  BinaryLogCall& log_;
};

class ClientBinaryLog final : public ClientInterceptor {
 public:
  ClientBinaryLog(std::shared_ptr<BinaryLogFile> file, BinaryLogOptions options)
      : file_(std::move(file)), options_(std::move(options)) {}

  Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
    const auto limits = options_.filter.limits_of(call.method());
    return limits ? logged(call, next, *limits) : next();
  }

 private:
  Task<Status> logged(ClientCallContext& call, ClientNext next, BinaryLogLimits limits) {
    BinaryLogCall log{*file_, Entry::LOGGER_CLIENT, limits, options_.secret_metadata};
    log.client_header(call.method(), {}, call.deadline().remaining(Clock::now()), call.request_metadata(),
                      {});
    ClientMessages messages{next, call, log};
    Status status = co_await next();
    const bool left = status.code() == StatusCode::kCancelled || call.deadline().expired(Clock::now());
    if (left && !status.ok()) {
      log.cancel();
    } else {
      log.server_trailer(status, call.trailing_metadata(), call.peer());
    }
    co_return status;
  }

  const std::shared_ptr<BinaryLogFile> file_;
  const BinaryLogOptions options_;
};

}  // namespace

std::shared_ptr<ServerInterceptor> make_server_binary_log(std::shared_ptr<BinaryLogFile> file,
                                                          BinaryLogOptions options) {
  return std::make_shared<ServerBinaryLog>(std::move(file), std::move(options));
}

std::shared_ptr<ClientInterceptor> make_client_binary_log(std::shared_ptr<BinaryLogFile> file,
                                                          BinaryLogOptions options) {
  return std::make_shared<ClientBinaryLog>(std::move(file), std::move(options));
}

}  // namespace parlance::services
